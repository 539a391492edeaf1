import pico from 'picocolors';

/** Colours on a terminal alone, or where FORCE_COLOR asks for them: picocolors would colour the logs of a CI too. */
export const colors = pico.createColors(
  pico.isColorSupported && (process.stdout.isTTY || process.env.FORCE_COLOR !== undefined),
);
