import { builtinModules } from 'node:module';
import js from '@eslint/js';
import tseslint from 'typescript-eslint';
import importX from 'eslint-plugin-import-x';
import { createTypeScriptImportResolver } from 'eslint-import-resolver-typescript';

const layers = ['cluster', 'hosts', 'activities', 'workflows', 'worker', 'client', 'lab'];

/** What each folder may import (docs/concepts.md, "Folders"). */
const mayImport = {
  cluster: ['cluster'],
  hosts: ['hosts', 'cluster'],
  activities: ['activities', 'hosts', 'cluster'],
  workflows: ['workflows', 'cluster'],
  worker: ['worker', 'workflows', 'activities', 'hosts', 'cluster'],
  client: ['client', 'workflows', 'cluster'],
  lab: ['lab', 'hosts', 'cluster'],
};

/** The command-line verbs that touch hosts, a worker or the lab themselves. */
const clientExceptions = ['trust', 'kubectl', 'dev', 'service', 'worker', 'lab', 'rehearse'];

const zones = Object.entries(mayImport).flatMap(([target, allowed]) =>
  layers
    .filter((from) => !allowed.includes(from))
    .map((from) => ({
      target: `./${target}`,
      from: `./${from}`,
      message: `${target}/ may not import ${from}/.`,
    })),
);

const nodeBuiltins = builtinModules.flatMap((m) => [m, `node:${m}`]);
const nodeGlobals = [
  'process',
  'Buffer',
  'require',
  'module',
  '__dirname',
  '__filename',
  'global',
  'setImmediate',
];

export default tseslint.config(
  { ignores: ['dist/**', 'node_modules/**', 'coverage/**', 'lab/artifacts/**', 'lab/playbook/**'] },
  js.configs.recommended,
  ...tseslint.configs.recommendedTypeChecked,
  {
    plugins: { 'import-x': importX },
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['*.js', 'scripts/*.mjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
      globals: { process: 'readonly', console: 'readonly', URL: 'readonly', setTimeout: 'readonly' },
    },
    settings: { 'import-x/resolver-next': [createTypeScriptImportResolver()] },
    rules: {
      'import-x/no-cycle': 'error',
      'import-x/no-restricted-paths': ['error', { zones }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
    },
  },
  {
    files: ['cluster/**', 'workflows/**'],
    rules: {
      'no-restricted-imports': ['error', { paths: nodeBuiltins }],
      'no-restricted-globals': ['error', ...nodeGlobals],
    },
  },
  {
    // Workflows name activities as types only: their code must never reach the workflow bundle.
    files: ['workflows/**'],
    rules: {
      '@typescript-eslint/no-restricted-imports': [
        'error',
        { paths: nodeBuiltins, patterns: [{ regex: '/activities/', allowTypeImports: true }] },
      ],
      'no-restricted-imports': 'off',
      'import-x/no-restricted-paths': [
        'error',
        { zones: zones.filter((z) => !(z.target === './workflows' && z.from === './activities')) },
      ],
    },
  },
  {
    files: clientExceptions.flatMap((verb) => [`client/${verb}.ts`, `client/${verb}/**`]),
    rules: {
      'import-x/no-restricted-paths': ['error', { zones: zones.filter((z) => z.target !== './client') }],
    },
  },
  { files: ['**/*.mjs', '*.js'], ...tseslint.configs.disableTypeChecked },
);
