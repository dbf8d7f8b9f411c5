/** What travels over the socket; docs/realtime.md describes it. Fields that are not listed here may come, too. */

export type Environment = "dev" | "stage" | "prod";
export type Level = "debug" | "info" | "warn" | "error";

/** Messages that carry events; `Filters.types` names them. */
export type EventType = "deployment.status" | "stack.deployed" | "stack.failed" | "log.created";
export type MessageType = EventType | "pong" | "subscribed" | "unsubscribed" | "error" | "gap";

/** Which events of a deployment are wanted. Ends of operations come whatever `types` says. */
export interface Filters {
  readonly environment?: Environment;
  readonly types?: readonly EventType[];
  /** The lowest level of the log's lines. */
  readonly min_level?: Level;
}

/** How far an operation is. Times are seconds; an unknown one is null. */
export interface Figures {
  readonly current_layer: number;
  readonly total_layers: number;
  readonly progress_percent?: number;
  readonly total_stacks?: number;
  readonly deployed_stacks?: number;
  readonly failed_stacks?: number;
  readonly skipped_stacks?: number;
  readonly current_stack?: string | null;
  readonly resources_done?: number;
  readonly estimated_time_remaining?: number | null;
  readonly duration_seconds?: number;
}

/** One stack in a snapshot. */
export interface StackStand {
  readonly status: string;
  readonly layer: number | null;
  readonly progress_percent: number;
  readonly duration_seconds: number | null;
  readonly error_message: string | null;
  readonly cause: string | null;
}

/** One environment in a snapshot: its newest operation. */
export interface Stand extends Figures {
  readonly environment: Environment;
  readonly status: string;
  readonly operation_id: string;
  readonly operation_type: string;
  readonly operation_status: string;
  readonly message: string | null;
  readonly stacks: Readonly<Record<string, StackStand>>;
}

export interface DeploymentStatus extends Figures {
  readonly status: string;
  readonly event: string;
  readonly environment?: Environment;
  readonly operation_status?: string;
  readonly operation_type?: string;
  readonly message?: string | null;
  readonly stack_name?: string;
  readonly stack_status?: string | null;
  readonly layer?: number;
  readonly stacks?: readonly string[];
  readonly cause?: string | null;
  readonly [field: string]: unknown;
}

/** The data of a `deployment.status` whose `event` is `snapshot`. */
export interface Snapshot extends Figures {
  readonly status: string;
  readonly event: "snapshot";
  readonly environments: Readonly<Record<string, Stand>>;
}

export interface StackDeployed {
  readonly stack_name: string;
  readonly environment: Environment;
  readonly status: "deployed" | "skipped" | "destroyed";
  readonly layer: number | null;
  readonly duration_seconds: number;
  readonly resource_count: number;
  readonly resources_created: number;
  readonly progress_percent: number | null;
  readonly outputs?: Readonly<Record<string, unknown>>;
  readonly [field: string]: unknown;
}

export interface StackFailed {
  readonly stack_name: string;
  readonly environment: Environment;
  readonly error_message: string;
  readonly layer: number | null;
  readonly progress_percent: number | null;
  readonly cause?: string | null;
  readonly suggestion?: string | null;
  readonly [field: string]: unknown;
}

export interface LogCreated {
  readonly level: Level;
  readonly message: string;
  readonly log_id: string;
  readonly stack_name: string | null;
  readonly environment: Environment;
  readonly resource?: { readonly urn?: string; readonly type?: string; readonly name?: string; readonly id?: string };
  readonly [field: string]: unknown;
}

/** The events `after_seq < seq <= until_seq` are missing; those that are not `recoverable` for good. */
export interface Gap {
  readonly after_seq: number;
  readonly until_seq: number;
  readonly reason: string;
  readonly recoverable: boolean;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly retryable: boolean;
}

/** `data` by the type of the message. */
export interface DataOf {
  "deployment.status": DeploymentStatus;
  "stack.deployed": StackDeployed;
  "stack.failed": StackFailed;
  "log.created": LogCreated;
  subscribed: { readonly last_seq: number | null; readonly filters: Filters };
  unsubscribed: Readonly<Record<string, never>>;
  error: Failure;
  gap: Gap;
  pong: undefined;
}

/** One message. `seq` counts a deployment's events; `after_seq` is the one before it that passed the filters. */
export interface MessageOf<Type extends string, Data> {
  readonly type: Type;
  readonly timestamp: string;
  readonly deployment_id?: string;
  readonly seq?: number;
  readonly after_seq?: number;
  readonly operation_id?: string;
  readonly environment?: Environment;
  readonly data: Data;
}

/** Any message, also of a type that is not known yet. */
export type Message = MessageOf<string, Readonly<Record<string, unknown>> | undefined>;
