export { drill } from '../../../workflows/index.ts';
export { failover } from '../stand-in/workflows.ts';
