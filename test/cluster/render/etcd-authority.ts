import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';

/** A CA as etcd's, which signs a pair for any name; kept in `dir` as Kubespray names its files. */
export class EtcdAuthority {
  readonly dir: string;

  private constructor(dir: string) {
    this.dir = dir;
  }

  static async make(dir: string): Promise<EtcdAuthority> {
    await mkdir(dir, { recursive: true });
    const args = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await execa('openssl', [...args, '-subj', '/CN=etcd-ca', '-keyout', 'ca-key.pem', '-out', 'ca.pem'], {
      cwd: dir,
    });
    return new EtcdAuthority(dir);
  }

  /** `NAME.pem` and `NAME-key.pem`; a pair of that name is replaced. */
  async issue(name: string, subject = name): Promise<void> {
    const cwd = this.dir;
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    await execa(
      'openssl',
      ['req', ...key, '-subj', `/CN=${subject}`, '-keyout', `${name}-key.pem`, '-out', 'csr'],
      { cwd },
    );
    await writeFile(join(cwd, 'ext'), 'subjectAltName=IP:127.0.0.1\n');
    const signed = ['-CA', 'ca.pem', '-CAkey', 'ca-key.pem', '-CAcreateserial', '-extfile', 'ext'];
    await execa('openssl', ['x509', '-req', '-in', 'csr', ...signed, '-out', `${name}.pem`], { cwd });
  }
}
