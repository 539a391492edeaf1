import type { Deps } from './step.ts';
import { backupEtcd } from './backup-etcd.ts';
import { backupPki } from './backup-pki.ts';
import { changeState } from './change-state.ts';
import { checkAccess } from './check-access.ts';
import { checkApiThroughLoadBalancers } from './check-api-through-load-balancers.ts';
import { checkClock } from './check-clock.ts';
import { checkDns } from './check-dns.ts';
import { checkEtcd } from './check-etcd.ts';
import { checkHaRules } from './check-ha-rules.ts';
import { checkLoadBalancer } from './check-load-balancer.ts';
import { checkNodes } from './check-nodes.ts';
import { checkOperatingSystem } from './check-operating-system.ts';
import { checkReachability } from './check-reachability.ts';
import { checkResources } from './check-resources.ts';
import { checkStorage } from './check-storage.ts';
import { configureEtcdProxy } from './configure-etcd-proxy.ts';
import { configureHaproxy } from './configure-haproxy.ts';
import { configureKeepalived } from './configure-keepalived.ts';
import { connect } from './connect.ts';
import { copyKubeconfig } from './copy-kubeconfig.ts';
import { createStorageClass } from './create-storage-class.ts';
import { disableSwap } from './disable-swap.ts';
import { enableIpForwarding } from './enable-ip-forwarding.ts';
import { fetchKubespray } from './fetch-kubespray.ts';
import { gatherFacts } from './gather-facts.ts';
import { installAnsible } from './install-ansible.ts';
import { installHaproxy } from './install-haproxy.ts';
import { installHelm } from './install-helm.ts';
import { installKubectl } from './install-kubectl.ts';
import { installNfsClient } from './install-nfs-client.ts';
import { installNfsProvisioner } from './install-nfs-provisioner.ts';
import { installNfsServer } from './install-nfs-server.ts';
import { installPackages } from './install-packages.ts';
import { loadKernelModules } from './load-kernel-modules.ts';
import { runKubespray } from './run-kubespray.ts';
import { spreadDns } from './spread-dns.ts';
import { trustBastion } from './trust-bastion.ts';
import { warmCandidates } from './warm-candidates.ts';
import { watch } from './watch.ts';
import { writeInventory } from './write-inventory.ts';

/** Every step, by its activity type: the step's id in camelCase. One line a step, in alphabetical order. */
export function createActivities(deps: Deps) {
  return {
    backupEtcd: backupEtcd(deps),
    backupPki: backupPki(deps),
    changeState: changeState(),
    checkAccess: checkAccess(deps),
    checkApiThroughLoadBalancers: checkApiThroughLoadBalancers(deps),
    checkClock: checkClock(deps),
    checkDns: checkDns(deps),
    checkEtcd: checkEtcd(deps),
    checkHaRules: checkHaRules(deps),
    checkLoadBalancer: checkLoadBalancer(deps),
    checkNodes: checkNodes(deps),
    checkOperatingSystem: checkOperatingSystem(deps),
    checkReachability: checkReachability(deps),
    checkResources: checkResources(deps),
    checkStorage: checkStorage(deps),
    configureEtcdProxy: configureEtcdProxy(deps),
    configureHaproxy: configureHaproxy(deps),
    configureKeepalived: configureKeepalived(deps),
    connect: connect(deps),
    copyKubeconfig: copyKubeconfig(deps),
    createStorageClass: createStorageClass(deps),
    disableSwap: disableSwap(deps),
    enableIpForwarding: enableIpForwarding(deps),
    fetchKubespray: fetchKubespray(deps),
    gatherFacts: gatherFacts(deps),
    installAnsible: installAnsible(deps),
    installHaproxy: installHaproxy(deps),
    installHelm: installHelm(deps),
    installKubectl: installKubectl(deps),
    installNfsClient: installNfsClient(deps),
    installNfsProvisioner: installNfsProvisioner(deps),
    installNfsServer: installNfsServer(deps),
    installPackages: installPackages(deps),
    loadKernelModules: loadKernelModules(deps),
    runKubespray: runKubespray(deps),
    spreadDns: spreadDns(deps),
    trustBastion: trustBastion(deps),
    warmCandidates: warmCandidates(deps),
    watch: watch(deps),
    writeInventory: writeInventory(deps),
  };
}
