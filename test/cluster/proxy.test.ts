import { describe, expect, it } from 'vitest';
import type { Json } from '../../cluster/cluster.ts';
import { plan } from '../../cluster/plan.ts';
import { proxyOf } from '../../cluster/proxy.ts';
import { exampleCluster } from './example.ts';

const withVars = (vars: { readonly [name: string]: Json }) => {
  const cluster = exampleCluster('twelve-hosts');
  return { ...cluster, kubespray: { ...cluster.kubespray, vars } };
};

describe('the proxy of a site', () => {
  it('is what Kubespray is told of, and never stands between the bastion and the API', () => {
    const vars = { http_proxy: 'http://10.9.9.9:3128', https_proxy: 'http://10.9.9.8:3128' };
    const internal = exampleCluster('twelve-hosts').loadBalancer?.internal.address;
    expect(proxyOf(withVars(vars))).toEqual({
      http: 'http://10.9.9.9:3128',
      https: 'http://10.9.9.8:3128',
      except: `localhost,127.0.0.1,${internal}`,
    });
  });

  it('may stand in a file, where it holds a password, or be what another variable says', () => {
    const vars = {
      corporate: 'http://proxy.example.com:3128',
      http_proxy: '{{ corporate }}',
      https_proxy: { fromFile: '/secrets/proxy' },
    };
    expect(proxyOf(withVars(vars))).toMatchObject({
      http: 'http://proxy.example.com:3128',
      https: { fromFile: '/secrets/proxy' },
    });
  });

  it('leaves alone what no_proxy and additional_no_proxy name, each once', () => {
    const vars = {
      http_proxy: 'http://10.9.9.9:3128',
      no_proxy: 'localhost, .example.com',
      additional_no_proxy: '10.0.0.0/8,.example.com',
    };
    expect(proxyOf(withVars(vars))?.except).toMatch(
      /^localhost,127\.0\.0\.1,[\d.]+,\.example\.com,10\.0\.0\.0\/8$/,
    );
  });

  it.each([[{}], [{ http_proxy: '' }], [{ no_proxy: '.example.com' }]])('is none with %j', (vars) => {
    expect(proxyOf(withVars(vars))).toBeUndefined();
    expect(plan(withVars(vars))).not.toHaveProperty('proxy');
  });

  it('stands in the plan once, for the steps of all hosts', () => {
    const made = plan(withVars({ http_proxy: 'http://10.9.9.9:3128' }));
    expect(made.proxy).toMatchObject({ http: 'http://10.9.9.9:3128' });
    expect(JSON.stringify(made.phases).split('10.9.9.9')).toHaveLength(
      // Steps that are told of Kubespray's variables know it as one of these.
      JSON.stringify(plan(withVars({ other: '10.9.9.9' })).phases).split('10.9.9.9').length,
    );
  });
});
