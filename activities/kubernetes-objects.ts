/** The few fields of Kubernetes' objects that steps read. */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

export interface List<T> {
  readonly items: readonly T[];
}

export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
}

export interface NodeObject {
  readonly metadata: ObjectMeta;
  readonly status?: {
    readonly conditions?: readonly Condition[];
    readonly nodeInfo?: { readonly kubeletVersion: string };
  };
}

export interface PodObject {
  readonly metadata: ObjectMeta & { readonly uid: string };
  readonly spec: { readonly nodeName?: string };
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] };
}

export interface ServiceObject {
  readonly metadata: ObjectMeta;
  readonly spec: { readonly clusterIP: string };
}

export interface EndpointSlice {
  readonly metadata: ObjectMeta;
  readonly endpoints?: readonly {
    readonly addresses: readonly string[];
    readonly conditions?: { readonly ready?: boolean };
  }[];
}

/** True for a node or pod whose condition `Ready` is True; unknown is not ready. */
export function isReady(object: {
  readonly status?: { readonly conditions?: readonly Condition[] };
}): boolean {
  return object.status?.conditions?.some((c) => c.type === 'Ready' && c.status === 'True') ?? false;
}
