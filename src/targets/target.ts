/** A place releases go to. Rollback policy is not here: it lives in release/, which promotes an older deployment. */
export interface Target {
  /** How long after a promotion production may go on answering as before, in milliseconds. */
  readonly propagationMs: number;
  /** What going back does not undo here, and what it leaves behind; a sentence each. */
  readonly rollbackNotes: readonly string[];
  /** What reaches production, whichever deployment that is; may hold secrets, never printed. */
  readonly productionHeaders: Readonly<Record<string, string>>;
  /** Where production answers; null while that is not known, because there is no project yet. */
  productionUrl(): Promise<string | null>;
  /** Makes an immutable deployment that takes no production traffic. */
  stage(artefact: Artefact, options: StageOptions): Promise<Deployment>;
  /** A deployment that answers under its own URL; one that is only kept is started. */
  reach(id: string): Promise<Deployment>;
  /** Idempotent; returns only when production *is* this deployment. `rollback`: it has been production before. */
  promote(id: string, options?: { rollback?: boolean }): Promise<void>;
  /** Gives a staged deployment a share of production's traffic, in percent; 0 takes it back. Not every platform can. */
  shift?(id: string, percentage: number): Promise<void>;
  /** The deployment that production is, if there is one. */
  current(): Promise<Deployment | null>;
  /** The deployment with that id, if there is one that can be promoted. */
  find(id: string): Promise<Deployment | null>;
  /** The latest ones, newest first. */
  list(): Promise<Deployment[]>;
}

/** What `edge-ai build` made. */
export interface Artefact {
  outputDir: string;
  buildId: string;
}

export interface StageOptions {
  environment: Environment;
  /** The deployment to go back to when this one turns out sick; travels with it. */
  knownGood: string | null;
}

export type Environment = "preview" | "production";

export interface Deployment {
  id: string;
  /** Reaches this deployment and no other. */
  url: string;
  /** Where a person can look at it, when `url` is production's host and only a header tells this deployment apart. */
  lookAt?: string;
  /** What reaches it needs; may hold secrets, never printed. */
  requestHeaders: Readonly<Record<string, string>>;
  /** What its health document says; of a deployment that edge-ai did not make, the commit or the deployment's id. */
  buildId: string;
  /** The build id of the artefact it was made of; `buildId` where nothing says so. Two of one build run the same code. */
  builtFrom: string;
  /** Not made by edge-ai: nobody knows what its health document says, or whether it has one. */
  isForeign: boolean;
  /** ISO 8601. */
  createdAt: string;
  environment: Environment;
  knownGood: string | null;
  /** Of production: the newer deployment that has a share of its traffic, in percent, since a release was interrupted. */
  sharedWith?: { id: string; percentage: number };
}
