import type { Json } from '../../cluster.ts';
import { kubesprayVar } from '../../kubespray-vars.ts';
import { isFromFile } from '../from-file.ts';
import { urlCredentialMistakes } from '../url-credentials.ts';

/** What a variable may say, beside nothing. */
interface Form {
  readonly pattern: RegExp;
  /** The same in words. */
  readonly wanted: string;
  /** It may hold credentials, and then stands in a file. */
  readonly secret: boolean;
}

const url: Form = {
  pattern: /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\/?$/,
  wanted: 'a URL such as http://proxy.example.com:3128, or { fromFile: PATH } where it holds credentials',
  secret: true,
};
const exceptions: Form = {
  pattern: /^[^\s'"\\]*$/,
  wanted: 'names, domains and networks with commas between them, no blanks',
  secret: false,
};
const forms = {
  http_proxy: url,
  https_proxy: url,
  no_proxy: exceptions,
  additional_no_proxy: exceptions,
} as const;

/** Variables that holdfast goes by too: packages, Kubespray itself and Helm come through the same proxy. */
export function proxyMistakes(vars: { readonly [key: string]: Json }) {
  return Object.entries(forms).flatMap(([name, { pattern, wanted, secret }]) => {
    const value = vars[name];
    if (value === undefined || value === '' || (secret && isFromFile(value))) return [];
    // That one is told of already, and is not shown.
    if (urlCredentialMistakes(value).length > 0) return [];
    const given = typeof value === 'string' ? filledIn(vars, name) : undefined;
    if (given !== undefined && pattern.test(given)) return [];
    const message = `holdfast’s own downloads go by it too; wanted: ${wanted}`;
    return [{ path: ['kubespray', 'vars', name], message }];
  });
}

function filledIn(vars: { readonly [key: string]: Json }, name: string): string | undefined {
  try {
    return kubesprayVar(vars, name);
  } catch {
    return undefined;
  }
}
