#!/usr/bin/env node
import { holdfast } from './program.ts';

process.exitCode = await holdfast(process.argv.slice(2));
