import { load } from 'js-yaml';
import { describe, expect, it } from 'vitest';
import type { NfsStorage } from '../../../cluster/cluster.ts';
import { renderGaneshaConfig, renderNfsExports } from '../../../cluster/render/nfs-exports.ts';
import { nfsProvisionerValues } from '../../../cluster/render/nfs-provisioner-values.ts';
import { renderStorageClass } from '../../../cluster/render/storage-class.ts';

const nfs: NfsStorage = {
  server: 'nfs-1',
  path: '/exported/path',
  storageClass: 'managed-nfs-storage',
  default: true,
  archiveOnDelete: true,
};
const clients = ['10.0.0.31', '10.0.0.41'];

describe('NFS exports', () => {
  it('name the nodes for nfs-kernel-server', async () => {
    await expect(renderNfsExports(nfs.path, clients)).toMatchFileSnapshot('golden/holdfast.exports');
  });

  it('name the nodes for ganesha', async () => {
    await expect(renderGaneshaConfig(nfs.path, clients)).toMatchFileSnapshot('golden/ganesha.conf');
  });

  it.each([renderNfsExports, renderGaneshaConfig])('are never made for everyone (%o)', (render) => {
    expect(() => render(nfs.path, [])).toThrow(RangeError);
  });

  it('keep a path with a space in one piece', () => {
    expect(renderNfsExports('/my data', clients)).toContain('/my\\040data 10.0.0.31(');
  });
});

describe('renderStorageClass', () => {
  it('renders the default class', async () => {
    await expect(renderStorageClass(nfs)).toMatchFileSnapshot('golden/storage-class.yaml');
  });

  it('says that a class is not the default, and deletes only when asked to', () => {
    expect(load(renderStorageClass({ ...nfs, default: false, archiveOnDelete: false }))).toMatchObject({
      metadata: { annotations: { 'storageclass.kubernetes.io/is-default-class': 'false' } },
      parameters: { archiveOnDelete: 'false' },
    });
  });
});

describe('nfsProvisionerValues', () => {
  it('point at the server and at the class', () => {
    expect(nfsProvisionerValues(nfs, '10.0.0.61')).toMatchObject({
      nfs: { server: '10.0.0.61', path: '/exported/path' },
      storageClass: { create: false, provisionerName: 'k8s-sigs.io/nfs-subdir-external-provisioner' },
      replicaCount: 2,
    });
  });

  it('name an image only where the spec does', () => {
    const image = { repository: '10.0.0.1:5000/nfs', tag: 'v4.0.2' };
    expect(nfsProvisionerValues(nfs, '10.0.0.61')).not.toHaveProperty('image');
    expect(nfsProvisionerValues({ ...nfs, image }, '10.0.0.61')).toMatchObject({ image });
  });
});
