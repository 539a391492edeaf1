export const ganeshaConfigPath = '/etc/ganesha/ganesha.conf';

/**
 * The export for nfs-kernel-server (exports(5)). `clients`: addresses of the nodes; no others may mount.
 * Root stays root (no_root_squash): the provisioner makes folders, and databases set owners, as root.
 */
export function renderNfsExports(path: string, clients: readonly string[]): string {
  const options = 'rw,sync,no_subtree_check,no_root_squash';
  return `# Written by holdfast: changes made here are overwritten.
${octal(path)} ${addresses(clients)
    .map((client) => `${client}(${options})`)
    .join(' ')}
`;
}

/**
 * ganesha.conf for hosts whose kernel has no NFS server. The path is also the pseudo path, so that a client mounts
 * the same name by version 3 and by version 4.
 */
export function renderGaneshaConfig(path: string, clients: readonly string[]): string {
  return `# Written by holdfast: changes made here are overwritten.
NFS_CORE_PARAM {
  Protocols = 3, 4;
  mount_path_pseudo = true;
  # Version 6 ends itself where it may not ask the kernel for that (CAP_SYS_RESOURCE, which containers lack); 4 says
  # that it does not know it, and goes on.
  Allow_Set_Io_Flusher_Fail = true;
}

NFSv4 {
  # After a restart nobody may open a file for this long (seconds): the default is a minute and a half.
  Lease_Lifetime = 20;
  Grace_Period = 25;
}

EXPORT {
  Export_Id = 1;
  Path = "${path}";
  Pseudo = "${path}";
  Protocols = 3, 4;
  Transports = TCP;
  SecType = sys;
  # Nobody but the clients below.
  Access_Type = None;
  CLIENT {
    Clients = ${addresses(clients).join(', ')};
    Access_Type = RW;
    Squash = No_Root_Squash;
  }
  FSAL {
    Name = VFS;
  }
}
`;
}

/** An empty list would export to everyone (exports(5)) or be no configuration at all (ganesha). */
function addresses(clients: readonly string[]): readonly string[] {
  if (clients.length === 0) throw new RangeError('an NFS export needs the addresses of its clients');
  return clients;
}

/** exports(5) ends a path at white space and starts a comment at #; it reads both as octal. */
function octal(path: string): string {
  return path.replace(/[\s#"\\]/g, (c) => `\\${c.charCodeAt(0).toString(8).padStart(3, '0')}`);
}
