import type { Cluster, Kubespray } from './cluster.ts';
import { apiServer } from './hosts-of.ts';
import { kubesprayVar } from './kubespray-vars.ts';
import { isFromFile } from './spec/from-file.ts';

/** How hosts reach what lies outside of the site, where they may not by themselves. */
export interface Proxy {
  /** For URLs with `http:`. Absent: directly. */
  readonly http?: ProxyUrl;
  /** For URLs with `https:`. Absent: directly. */
  readonly https?: ProxyUrl;
  /** What is reached directly all the same: names, domains and networks with commas between them. */
  readonly except: string;
}

/** A URL without credentials, or a file on the worker's machine that holds one with them. */
export type ProxyUrl = string | { readonly fromFile: string };

/** The proxy that Kubespray is told of (`http_proxy`, `https_proxy`); undefined where the spec names none. */
export function proxyOf(cluster: Cluster): Proxy | undefined {
  const { vars } = cluster.kubespray;
  const [http, https] = [proxyUrl(vars, 'http_proxy'), proxyUrl(vars, 'https_proxy')];
  if (http === undefined && https === undefined) return undefined;
  // Helm speaks to the API in the same breath as to where its chart comes from.
  const api = apiServer(cluster).replaceAll(/^https:\/\/|:\d+$/g, '');
  const said = ['no_proxy', 'additional_no_proxy'].flatMap((name) =>
    (kubesprayVar(vars, name) ?? '').split(','),
  );
  const except = ['localhost', '127.0.0.1', api, ...said.map((one) => one.trim())].filter(Boolean);
  return {
    ...(http !== undefined && { http }),
    ...(https !== undefined && { https }),
    except: [...new Set(except)].join(','),
  };
}

function proxyUrl(vars: Kubespray['vars'], name: string): ProxyUrl | undefined {
  const value = vars[name];
  if (value !== undefined && isFromFile(value)) return value;
  // Empty is how Kubespray's users say "none".
  return kubesprayVar(vars, name) || undefined;
}
