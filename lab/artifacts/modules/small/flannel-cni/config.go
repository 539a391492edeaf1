package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/netip"
	"strconv"
	"strings"
)

type config struct {
	Name       string         `json:"name"`
	CNIVersion string         `json:"cniVersion"`
	SubnetFile string         `json:"subnetFile"`
	Delegate   map[string]any `json:"delegate"`
}

type subnet struct {
	network, own string
	mtu          int
	masquerade   bool
}

func parse(text []byte) (config, error) {
	c := config{SubnetFile: "/run/flannel/subnet.env"}
	if err := json.Unmarshal(text, &c); err != nil {
		return c, fmt.Errorf("network configuration: %w", err)
	}
	return c, nil
}

// readSubnet reads flanneld's NAME=VALUE lines; a file without network or subnet is an error.
func readSubnet(r io.Reader) (subnet, error) {
	var s subnet
	var err error
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		name, value, _ := strings.Cut(strings.TrimSpace(lines.Text()), "=")
		switch name {
		case "FLANNEL_NETWORK":
			s.network = value
		case "FLANNEL_SUBNET":
			s.own = value
		case "FLANNEL_MTU":
			if s.mtu, err = strconv.Atoi(value); err != nil {
				return s, err
			}
		case "FLANNEL_IPMASQ":
			if s.masquerade, err = strconv.ParseBool(value); err != nil {
				return s, err
			}
		}
	}
	if s.network == "" || s.own == "" {
		return s, fmt.Errorf("FLANNEL_NETWORK or FLANNEL_SUBNET is missing")
	}
	// flanneld writes the gateway's address; host-local wants the network's.
	prefix, err := netip.ParsePrefix(s.own)
	if err != nil {
		return s, err
	}
	s.own = prefix.Masked().String()
	return s, lines.Err()
}

// delegateTo gives the bridge plugin's configuration: what the user wrote under "delegate" wins over what follows
// from the subnet, except for the address management, which is flannel's to decide.
func (c config) delegateTo(s subnet) map[string]any {
	d := map[string]any{"type": "bridge", "ipMasq": !s.masquerade, "isGateway": true}
	if s.mtu != 0 {
		d["mtu"] = s.mtu
	}
	maps.Copy(d, c.Delegate)
	d["name"] = c.Name
	d["cniVersion"] = c.CNIVersion
	d["ipam"] = map[string]any{
		"type":   "host-local",
		"ranges": [][]map[string]string{{{"subnet": s.own}}},
		"routes": []map[string]string{{"dst": s.network}},
	}
	return d
}
