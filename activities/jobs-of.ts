/**
 * Units of this cluster's jobs in the output of `systemctl list-units`. They are named as design says:
 * `holdfast-<cluster>-<step>-<its change’s mark>-<n>`. A longer cluster's name is not ours, so the step's name decides.
 */
export function jobsOf(cluster: string, units: string): { unit: string; change: string }[] {
  const name = new RegExp(
    `^(holdfast-${cluster}-(?:run-|add-|remove-|reset-|backup-|warm-|promote|restore)[a-z-]*-([0-9a-f]{8})-\\d+)\\.service$`,
  );
  return units.split('\n').flatMap((line) => {
    const match = name.exec(line.trim().split(/\s+/)[0] ?? '');
    return match ? [{ unit: match[1] as string, change: match[2] as string }] : [];
  });
}
