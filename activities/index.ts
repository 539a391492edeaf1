import type { Deps } from './step.ts';
import { addNodes } from './add-nodes.ts';
import { backupEtcd } from './backup-etcd.ts';
import { backupPki } from './backup-pki.ts';
import { breakHost } from './break-host.ts';
import { changeState } from './change-state.ts';
import { checkAccess } from './check-access.ts';
import { checkApiServer } from './check-api-server.ts';
import { checkApiThroughLoadBalancers } from './check-api-through-load-balancers.ts';
import { checkBackup } from './check-backup.ts';
import { checkCandidate } from './check-candidate.ts';
import { checkCandidates } from './check-candidates.ts';
import { checkClock } from './check-clock.ts';
import { checkControlPlane } from './check-control-plane.ts';
import { checkControlPlaneLeft } from './check-control-plane-left.ts';
import { checkDns } from './check-dns.ts';
import { checkDrill } from './check-drill.ts';
import { checkEtcd } from './check-etcd.ts';
import { checkEtcdQuorum } from './check-etcd-quorum.ts';
import { checkHaRules } from './check-ha-rules.ts';
import { checkExistingLoadBalancer } from './check-existing-load-balancer.ts';
import { checkLoadBalancer } from './check-load-balancer.ts';
import { checkNodes } from './check-nodes.ts';
import { checkOperatingSystem } from './check-operating-system.ts';
import { checkReachability } from './check-reachability.ts';
import { checkResources } from './check-resources.ts';
import { checkStorage } from './check-storage.ts';
import { checkWrites } from './check-writes.ts';
import { configureEtcdProxy } from './configure-etcd-proxy.ts';
import { configureHaproxy } from './configure-haproxy.ts';
import { configureKeepalived } from './configure-keepalived.ts';
import { connect } from './connect.ts';
import { copyKubeconfig } from './copy-kubeconfig.ts';
import { copyKubectl } from './copy-kubectl.ts';
import { createStorageClass } from './create-storage-class.ts';
import { disableSwap } from './disable-swap.ts';
import { distrustBastion } from './distrust-bastion.ts';
import { enableIpForwarding } from './enable-ip-forwarding.ts';
import { fetchKubespray } from './fetch-kubespray.ts';
import { gatherFacts } from './gather-facts.ts';
import { giveAccess } from './give-access.ts';
import { handBackKubeadmConfig } from './hand-back-kubeadm-config.ts';
import { healApiServer } from './heal-api-server.ts';
import { healEtcd } from './heal-etcd.ts';
import { healLoadBalancer } from './heal-load-balancer.ts';
import { installAnsible } from './install-ansible.ts';
import { installHaproxy } from './install-haproxy.ts';
import { installHelm } from './install-helm.ts';
import { installKubectl } from './install-kubectl.ts';
import { installNfsClient } from './install-nfs-client.ts';
import { installNfsProvisioner } from './install-nfs-provisioner.ts';
import { installNfsServer } from './install-nfs-server.ts';
import { installPackages } from './install-packages.ts';
import { installTiller } from './install-tiller.ts';
import { issueEtcdClient } from './issue-etcd-client.ts';
import { labelPromotedNode } from './label-promoted-node.ts';
import { loadKernelModules } from './load-kernel-modules.ts';
import { lookForSnapshots } from './look-for-snapshots.ts';
import { markControlPlane } from './mark-control-plane.ts';
import { notify } from './notify.ts';
import { putBack } from './put-back.ts';
import { removeControlPlaneFiles } from './remove-control-plane-files.ts';
import { removeEtcdProxy } from './remove-etcd-proxy.ts';
import { removeInventory } from './remove-inventory.ts';
import { removeKubeconfig } from './remove-kubeconfig.ts';
import { removeLostNodes } from './remove-lost-nodes.ts';
import { removeNodes } from './remove-nodes.ts';
import { resetHosts } from './reset-hosts.ts';
import { resolveOwnName } from './resolve-own-name.ts';
import { restartControllers } from './restart-controllers.ts';
import { restartKubelet } from './restart-kubelet.ts';
import { restoreMember } from './restore-member.ts';
import { restorePki } from './restore-pki.ts';
import { restrictSsh } from './restrict-ssh.ts';
import { runKubespray } from './run-kubespray.ts';
import { saveMember } from './save-member.ts';
import { setRestoreTimer } from './set-restore-timer.ts';
import { snapshotEtcd } from './snapshot-etcd.ts';
import { spreadDns } from './spread-dns.ts';
import { stageSnapshot } from './stage-snapshot.ts';
import { startApiServer } from './start-api-server.ts';
import { startBackups } from './start-backups.ts';
import { startControlPlane } from './start-control-plane.ts';
import { startEtcd } from './start-etcd.ts';
import { startFailover } from './start-failover.ts';
import { startProber } from './start-prober.ts';
import { stopApiServer } from './stop-api-server.ts';
import { stopControlPlane } from './stop-control-plane.ts';
import { stopEtcd } from './stop-etcd.ts';
import { stopLoadBalancer } from './stop-load-balancer.ts';
import { stopWatching } from './stop-watching.ts';
import { trustBastion } from './trust-bastion.ts';
import { unlabelDemotedNode } from './unlabel-demoted-node.ts';
import { uploadKubeadmConfig } from './upload-kubeadm-config.ts';
import { warmCandidates } from './warm-candidates.ts';
import { watch } from './watch.ts';
import { writeDrillReport } from './write-drill-report.ts';
import { writeInventory } from './write-inventory.ts';

/** Every step, by its activity type: the step's id in camelCase. One line a step, in alphabetical order. */
export function createActivities(deps: Deps) {
  return {
    addNodes: addNodes(deps),
    backupEtcd: backupEtcd(deps),
    backupPki: backupPki(deps),
    breakHost: breakHost(deps),
    changeState: changeState(),
    checkAccess: checkAccess(deps),
    checkApiServer: checkApiServer(deps),
    checkApiThroughLoadBalancers: checkApiThroughLoadBalancers(deps),
    checkBackup: checkBackup(deps),
    checkCandidate: checkCandidate(deps),
    checkCandidates: checkCandidates(deps),
    checkClock: checkClock(deps),
    checkControlPlane: checkControlPlane(deps),
    checkControlPlaneLeft: checkControlPlaneLeft(deps),
    checkDns: checkDns(deps),
    checkDrill: checkDrill(deps),
    checkEtcd: checkEtcd(deps),
    checkEtcdQuorum: checkEtcdQuorum(deps),
    checkHaRules: checkHaRules(deps),
    checkExistingLoadBalancer: checkExistingLoadBalancer(deps),
    checkLoadBalancer: checkLoadBalancer(deps),
    checkNodes: checkNodes(deps),
    checkOperatingSystem: checkOperatingSystem(deps),
    checkReachability: checkReachability(deps),
    checkResources: checkResources(deps),
    checkStorage: checkStorage(deps),
    checkWrites: checkWrites(deps),
    configureEtcdProxy: configureEtcdProxy(deps),
    configureHaproxy: configureHaproxy(deps),
    configureKeepalived: configureKeepalived(deps),
    connect: connect(deps),
    copyKubeconfig: copyKubeconfig(deps),
    copyKubectl: copyKubectl(deps),
    createStorageClass: createStorageClass(deps),
    disableSwap: disableSwap(deps),
    distrustBastion: distrustBastion(deps),
    enableIpForwarding: enableIpForwarding(deps),
    fetchKubespray: fetchKubespray(deps),
    gatherFacts: gatherFacts(deps),
    giveAccess: giveAccess(deps),
    handBackKubeadmConfig: handBackKubeadmConfig(deps),
    healApiServer: healApiServer(deps),
    healEtcd: healEtcd(deps),
    healLoadBalancer: healLoadBalancer(deps),
    installAnsible: installAnsible(deps),
    installHaproxy: installHaproxy(deps),
    installHelm: installHelm(deps),
    installKubectl: installKubectl(deps),
    installNfsClient: installNfsClient(deps),
    installNfsProvisioner: installNfsProvisioner(deps),
    installNfsServer: installNfsServer(deps),
    installPackages: installPackages(deps),
    installTiller: installTiller(deps),
    issueEtcdClient: issueEtcdClient(deps),
    labelPromotedNode: labelPromotedNode(deps),
    loadKernelModules: loadKernelModules(deps),
    lookForSnapshots: lookForSnapshots(deps),
    markControlPlane: markControlPlane(deps),
    notify: notify(deps),
    putBack: putBack(deps),
    removeControlPlaneFiles: removeControlPlaneFiles(deps),
    removeEtcdProxy: removeEtcdProxy(deps),
    removeInventory: removeInventory(deps),
    removeKubeconfig: removeKubeconfig(deps),
    removeLostNodes: removeLostNodes(deps),
    removeNodes: removeNodes(deps),
    resetHosts: resetHosts(deps),
    resolveOwnName: resolveOwnName(deps),
    restartControllers: restartControllers(deps),
    restartKubelet: restartKubelet(deps),
    restoreMember: restoreMember(deps),
    restorePki: restorePki(deps),
    restrictSsh: restrictSsh(deps),
    runKubespray: runKubespray(deps),
    saveMember: saveMember(deps),
    setRestoreTimer: setRestoreTimer(deps),
    snapshotEtcd: snapshotEtcd(deps),
    spreadDns: spreadDns(deps),
    stageSnapshot: stageSnapshot(deps),
    startApiServer: startApiServer(deps),
    startBackups: startBackups(deps),
    startControlPlane: startControlPlane(deps),
    startEtcd: startEtcd(deps),
    startFailover: startFailover(deps),
    startProber: startProber(deps),
    stopApiServer: stopApiServer(deps),
    stopControlPlane: stopControlPlane(deps),
    stopEtcd: stopEtcd(deps),
    stopLoadBalancer: stopLoadBalancer(deps),
    stopWatching: stopWatching(deps),
    trustBastion: trustBastion(deps),
    unlabelDemotedNode: unlabelDemotedNode(deps),
    uploadKubeadmConfig: uploadKubeadmConfig(deps),
    warmCandidates: warmCandidates(deps),
    watch: watch(deps),
    writeDrillReport: writeDrillReport(deps),
    writeInventory: writeInventory(deps),
  };
}
