// The node agent of the packages ground, in place of kindnetd (whose module is not on the Go proxy): it writes this
// node's CNI configuration and keeps a route to every other node's pod range. No NetworkPolicy, no masquerading.
package main

import (
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/vishvananda/netlink"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
)

const (
	cniFile       = "/etc/cni/net.d/10-kindnet.conflist"
	routeProtocol = 99 // marks the routes that are ours to change
	resync        = 2 * time.Second
)

const cniTemplate = `{
  "cniVersion": "0.4.0",
  "name": "kindnet",
  "plugins": [
    {
      "type": "ptp",
      "mtu": 1500,
      "ipam": {
        "type": "host-local",
        "dataDir": "/run/cni-ipam-state",
        "routes": [{"dst": "0.0.0.0/0"}],
        "ranges": [[{"subnet": %q}]]
      }
    },
    {"type": "portmap", "capabilities": {"portMappings": true}}
  ]
}
`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	config, err := rest.InClusterConfig()
	if err != nil {
		log.Fatal(err)
	}
	// Pods reach the API server through kube-proxy's rules, which may not be there yet: nodes ask it by its name.
	if endpoint := os.Getenv("CONTROL_PLANE_ENDPOINT"); endpoint != "" {
		config.Host = "https://" + endpoint
	}
	config.Timeout = 10 * time.Second
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		log.Fatal(err)
	}
	for ctx.Err() == nil {
		if err := sync(ctx, client, os.Getenv("HOST_IP")); err != nil && ctx.Err() == nil {
			log.Print(err)
		}
		select {
		case <-ctx.Done():
		case <-time.After(resync):
		}
	}
}

func sync(ctx context.Context, client kubernetes.Interface, ownAddress string) error {
	// resourceVersion 0: the answer comes from the API server's cache, so that polling costs etcd nothing.
	nodes, err := client.CoreV1().Nodes().List(ctx, metav1.ListOptions{ResourceVersion: "0"})
	if err != nil {
		return err
	}
	wanted := map[string]net.IP{}
	for _, node := range nodes.Items {
		address := internalAddress(&node)
		switch {
		case node.Spec.PodCIDR == "" || address == "":
			continue
		case address == ownAddress:
			if err := writeConfiguration(node.Spec.PodCIDR); err != nil {
				return err
			}
		default:
			wanted[node.Spec.PodCIDR] = net.ParseIP(address)
		}
	}
	return setRoutes(wanted)
}

func internalAddress(node *corev1.Node) string {
	for _, address := range node.Status.Addresses {
		if address.Type == corev1.NodeInternalIP {
			return address.Address
		}
	}
	return ""
}

func setRoutes(wanted map[string]net.IP) error {
	filter := &netlink.Route{Protocol: routeProtocol}
	routes, err := netlink.RouteListFiltered(netlink.FAMILY_V4, filter, netlink.RT_FILTER_PROTOCOL)
	if err != nil {
		return err
	}
	for i := range routes {
		route := &routes[i]
		if route.Dst != nil && wanted[route.Dst.String()].Equal(route.Gw) {
			delete(wanted, route.Dst.String())
			continue
		}
		log.Printf("removing the route to %s by %s", route.Dst, route.Gw)
		if err := netlink.RouteDel(route); err != nil {
			return err
		}
	}
	for cidr, gateway := range wanted {
		_, destination, err := net.ParseCIDR(cidr)
		if err != nil {
			return err
		}
		log.Printf("adding the route to %s by %s", cidr, gateway)
		if err := netlink.RouteReplace(&netlink.Route{Dst: destination, Gw: gateway, Protocol: routeProtocol}); err != nil {
			return err
		}
	}
	return nil
}

// writeConfiguration replaces the file at once: containerd watches the folder and reads what it sees.
func writeConfiguration(podCIDR string) error {
	content := fmt.Sprintf(cniTemplate, podCIDR)
	if current, err := os.ReadFile(cniFile); err == nil && string(current) == content {
		return nil
	}
	log.Print("writing the CNI configuration for ", podCIDR)
	if err := os.WriteFile(cniFile+".tmp", []byte(content), 0o644); err != nil {
		return err
	}
	return os.Rename(cniFile+".tmp", cniFile)
}
