import type { Json } from '../../cluster.ts';
import { kubesprayVar } from '../../kubespray-vars.ts';
import { isFromFile } from '../from-file.ts';
import { urlCredentialMistakes } from '../url-credentials.ts';

const url = /^https?:\/\/[A-Za-z0-9.-]+(:\d{1,5})?\/?$/;
const exceptions = /^[^\s'"\\]*$/;

const wanted =
  'a URL such as http://proxy.example.com:3128, or { fromFile: PATH } where it holds credentials';

/** Variables that holdfast goes by too: packages, Kubespray itself and Helm come through the same proxy. */
export function proxyMistakes(vars: { readonly [key: string]: Json }) {
  return [
    ...['http_proxy', 'https_proxy'].flatMap((name) => mistake(vars, name, url, wanted)),
    ...['no_proxy', 'additional_no_proxy'].flatMap((name) =>
      mistake(vars, name, exceptions, 'names, domains and networks with commas between them, no blanks'),
    ),
  ];
}

function mistake(vars: { readonly [key: string]: Json }, name: string, right: RegExp, says: string) {
  const value = vars[name];
  const isUrl = right === url;
  if (value === undefined || value === '' || (isUrl && isFromFile(value))) return [];
  // That one is told of already, and is not shown.
  if (urlCredentialMistakes(value).length > 0) return [];
  const given = typeof value === 'string' ? filledIn(vars, name) : undefined;
  return given !== undefined && right.test(given)
    ? []
    : [
        {
          path: ['kubespray', 'vars', name],
          message: `holdfast’s own downloads go by it too; wanted: ${says}`,
        },
      ];
}

function filledIn(vars: { readonly [key: string]: Json }, name: string): string | undefined {
  try {
    return kubesprayVar(vars, name);
  } catch {
    return undefined;
  }
}
