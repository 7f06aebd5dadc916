// etcd, as its own module builds it: `go install` refuses it because of the replace directives in its go.mod.
package main

import (
	"os"

	"go.etcd.io/etcd/server/v3/etcdmain"
)

func main() { etcdmain.Main(os.Args) }
