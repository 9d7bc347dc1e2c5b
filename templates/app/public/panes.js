import { chatPane } from "./panes/chat.js";
import { classifyPane } from "./panes/classify.js";
import { embeddingsPane } from "./panes/embeddings.js";
import { imagePane } from "./panes/image.js";

/**
 * What can be tried here. The page shows the pane of the app's task, and of every other route that is there. To drop
 * one, take it out of this list; to add one, write a file like those in panes/.
 */
export const panes = [chatPane, embeddingsPane, classifyPane, imagePane];
