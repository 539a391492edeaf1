package main

import (
	"encoding/json"
	"strings"
	"testing"
)

const written = "FLANNEL_NETWORK=10.233.64.0/18\nFLANNEL_SUBNET=10.233.65.1/24\nFLANNEL_MTU=1450\nFLANNEL_IPMASQ=true\n"

func TestTheBridgeGetsFlannelsSubnetAndTheUsersSettings(t *testing.T) {
	c, err := parse([]byte(`{"name":"cbr0","cniVersion":"0.3.1","type":"flannel","delegate":{"hairpinMode":true,"isDefaultGateway":true}}`))
	if err != nil {
		t.Fatal(err)
	}
	s, err := readSubnet(strings.NewReader(written))
	if err != nil {
		t.Fatal(err)
	}
	got, _ := json.Marshal(c.delegateTo(s))
	want := `{"cniVersion":"0.3.1","hairpinMode":true,"ipMasq":false,` +
		`"ipam":{"ranges":[[{"subnet":"10.233.65.0/24"}]],"routes":[{"dst":"10.233.64.0/18"}],"type":"host-local"},` +
		`"isDefaultGateway":true,"isGateway":true,"mtu":1450,"name":"cbr0","type":"bridge"}`
	if string(got) != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestAHalfWrittenSubnetFileIsAnError(t *testing.T) {
	for _, text := range []string{"", "FLANNEL_NETWORK=10.233.64.0/18\n", written + "FLANNEL_MTU=wide\n", written + "FLANNEL_IPMASQ=maybe\n", strings.Replace(written, "10.233.65.1/24", "here", 1)} {
		if _, err := readSubnet(strings.NewReader(text)); err == nil {
			t.Errorf("accepted: %q", text)
		}
	}
}
