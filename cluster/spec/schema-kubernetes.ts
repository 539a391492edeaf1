import { z } from 'zod';
import { cidr, cidr6 } from './values.ts';
import { list, mapping, oneOf, shown, text, wanted } from './wanted.ts';

const rightVersion = 'three numbers, such as 1.34.4';
const version = z.string(wanted(rightVersion)).regex(/^\d+\.\d+\.\d+$/, {
  error: ({ input }) =>
    /^v\d/.test(String(input))
      ? `got ${shown(input)}; wanted: the same without the leading "v": ${String(input).slice(1, 40)}`
      : `got ${shown(input)}; wanted: ${rightVersion}`,
});

/** Kubespray's own defaults of v2.31.0. */
const ipv6 = mapping({
  podCidr: cidr6().prefault('fd85:ee78:d8a6:8607::1:0/112').describe('IPv6 network of the pods.'),
  serviceCidr: cidr6().prefault('fd85:ee78:d8a6:8607::1000/116').describe('IPv6 network of the services.'),
});

export const kubernetesSchema = mapping({
  version: version.describe('Version of Kubernetes, without a leading "v".'),
  podCidr: cidr().default('10.233.64.0/18').describe('Network of the pods.'),
  serviceCidr: cidr().default('10.233.0.0/18').describe('Network of the services.'),
  ipv6: ipv6
    .optional()
    .describe('Gives pods and services IPv6 addresses too (dual stack). `{}`: Kubespray’s networks.'),
  network: oneOf(['flannel', 'calico', 'cilium', 'cni']).default('flannel').describe('Network plugin.'),
});

export const kubespraySchema = mapping({
  version: text(/^[A-Za-z0-9][\w./-]{0,127}$/, 'a tag or commit, such as v2.31.0')
    .default('v2.31.0')
    .describe('Tag or commit of Kubespray.'),
  source: text(/^[^\0\s-][^\0\n]*$/, 'a URL or path of a git repository')
    .default('https://github.com/kubernetes-sigs/kubespray')
    .describe('URL, or path on the worker’s machine, of Kubespray’s git repository.'),
  vars: z
    .record(z.string(), z.json(), wanted('a mapping of Kubespray variables to values'))
    .default({})
    .describe('Variables for Kubespray. A value may be `{ fromFile: PATH }`, read on the worker’s machine.'),
  acceptLiteralSecrets: list(z.string(wanted('the name of a variable in vars')), 'names of variables in vars')
    .default([])
    .describe('Variables in vars that may hold a secret in clear. They then stand in Temporal’s history.'),
});
