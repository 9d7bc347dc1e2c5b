/** A place releases go to. Rollback policy is not here: it lives in release/, which promotes an older deployment. */
export interface Target {
  /** Where production answers. */
  productionUrl(): Promise<string>;
  /** Makes an immutable deployment that takes no production traffic. */
  stage(artefact: Artefact, options: StageOptions): Promise<Deployment>;
  /** A deployment that answers under its own URL; one that is only kept is started. */
  reach(id: string): Promise<Deployment>;
  /** Idempotent; returns only when production *is* this deployment. */
  promote(id: string): Promise<void>;
  /** The deployment that production is, if there is one. */
  current(): Promise<Deployment | null>;
  /** Newest first. */
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
  /** What reaches it needs; may hold secrets, never printed. */
  requestHeaders: Readonly<Record<string, string>>;
  buildId: string;
  /** ISO 8601. */
  createdAt: string;
  environment: Environment;
  knownGood: string | null;
}
