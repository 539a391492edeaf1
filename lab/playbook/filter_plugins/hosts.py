"""Small questions about hosts and addresses, without a collection."""

import ipaddress


def nth_address(network, number):
    """The number-th address of a network: 10.233.0.0/18, 1 -> 10.233.0.1"""
    return str(ipaddress.ip_network(network)[number])


def main_address(variables):
    """The address that other hosts reach a host by, from its variables."""
    return variables.get('ip') or variables.get('ansible_host') or variables['inventory_hostname']


def that_have(hosts, hostvars, fact):
    """Those of the hosts on which `look` found the fact."""
    return [host for host in hosts if hostvars[host]['found'][fact]]


def facts_of(hosts, hostvars, fact):
    """What `look` found on the hosts, each answer once, nothing for those without."""
    return sorted({hostvars[host]['found'][fact] for host in hosts} - {''})


class FilterModule:
    def filters(self):
        return {'nth_address': nth_address, 'main_address': main_address, 'that_have': that_have, 'facts_of': facts_of}
