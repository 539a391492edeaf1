/** A step's activity: its id in camelCase, `heal-etcd` → `healEtcd`. */
export function activityType(step: string): string {
  return step.replace(/-(.)/g, (_, letter: string) => letter.toUpperCase());
}
