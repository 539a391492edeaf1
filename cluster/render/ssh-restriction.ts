/** Before other files of the folder, and so before what they set: of each keyword sshd takes the first. */
export const sshRestrictionFile = (cluster: string): string =>
  `/etc/ssh/sshd_config.d/00-holdfast-${cluster}.conf`;

/** Part of sshd_config: nobody logs in from elsewhere than from these addresses. Whoever logs in on the host itself may. */
export function renderSshRestriction(cluster: string, from: readonly string[]): string {
  const admitted = [...new Set(['127.0.0.1', '::1', ...from])];
  const others = ['*', ...admitted.map((address) => `!${address}`)].join(',');
  return `# Written by holdfast for the cluster ${cluster}: changes made here are overwritten.
# The bastion is the only way in (bastion.exclusive of the spec).
Match Address ${others}
  DenyUsers *
`;
}
