/** Where the parts of `holdfast service` lie on the machine. */
export const stateFolder = '/var/lib/holdfast-service';
export const databaseFile = `${stateFolder}/temporal.db`;
export const backupFolder = `${stateFolder}/backups`;
/** A copy of Temporal's program that root alone may change. */
export const programFolder = '/usr/local/lib/holdfast';
export const temporalFile = `${programFolder}/temporal`;
/** What a person sets for the worker; written once, and theirs from then on. */
export const environmentFile = '/etc/holdfast/worker.env';
export const unitFolder = '/etc/systemd/system';
export const metricsAddress = '127.0.0.1:9464';
