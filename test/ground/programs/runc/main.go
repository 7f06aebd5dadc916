// A stand-in for runc that asks for no more than this machine can give, then becomes the real runc.
//
// Where root lacks CAP_SYS_RESOURCE (many CI sandboxes), a privileged container fails in runc with "unable to apply
// caps", a container that wants a lower oom_score_adj than its creator's with "can't get final child's PID", and one
// that wants rlimits above the hard limits with EPERM. Dropping exactly those three wishes is what lets kind's
// privileged nodes, and the pods inside them, start. Elsewhere every wish can be granted and nothing is changed.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Linux's resource numbers; package syscall names only some of them.
var resources = map[string]int{
	"RLIMIT_CPU": 0, "RLIMIT_FSIZE": 1, "RLIMIT_DATA": 2, "RLIMIT_STACK": 3, "RLIMIT_CORE": 4, "RLIMIT_RSS": 5,
	"RLIMIT_NPROC": 6, "RLIMIT_NOFILE": 7, "RLIMIT_MEMLOCK": 8, "RLIMIT_AS": 9, "RLIMIT_LOCKS": 10,
	"RLIMIT_SIGPENDING": 11, "RLIMIT_MSGQUEUE": 12, "RLIMIT_NICE": 13, "RLIMIT_RTPRIO": 14, "RLIMIT_RTTIME": 15,
}

const sysResource = 24 // CAP_SYS_RESOURCE's bit in /proc/self/status CapBnd

type object = map[string]any

func main() {
	target := parse(os.Args[1:])
	if target.file != "" && !mayRaiseLimits() {
		if err := rewrite(target); err != nil {
			fmt.Fprintln(os.Stderr, "runc wrapper:", err)
			os.Exit(1)
		}
	}
	runc := realRunc()
	err := syscall.Exec(runc, append([]string{"runc"}, os.Args[1:]...), os.Environ())
	fmt.Fprintf(os.Stderr, "runc wrapper: cannot run %s: %v\n", runc, err)
	os.Exit(1)
}

// target is the file that runc is about to read: a bundle's config.json or exec's process.json.
type target struct {
	file   string
	bundle bool
}

func parse(args []string) target {
	command, bundle, process := "", ".", ""
	for i, arg := range args {
		name, value, inline := strings.Cut(arg, "=")
		if !inline && i+1 < len(args) {
			value = args[i+1]
		}
		switch {
		case name == "--bundle" || name == "-b":
			bundle = value
		case name == "--process" || name == "-p":
			process = value
		case command == "" && (arg == "create" || arg == "run" || arg == "exec"):
			command = arg
		}
	}
	switch {
	case command == "create" || command == "run":
		return target{filepath.Join(bundle, "config.json"), true}
	case command == "exec" && process != "":
		return target{process, false}
	}
	return target{}
}

func mayRaiseLimits() bool {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return false
	}
	for _, line := range strings.Split(string(status), "\n") {
		if hex, ok := strings.CutPrefix(line, "CapBnd:"); ok {
			bits, err := strconv.ParseUint(strings.TrimSpace(hex), 16, 64)
			return err == nil && bits&(1<<sysResource) != 0
		}
	}
	return false
}

func rewrite(t target) error {
	content, err := os.ReadFile(t.file)
	if err != nil {
		return err
	}
	var document object
	decoder := json.NewDecoder(bytes.NewReader(content))
	decoder.UseNumber() // uids and rlimits are 64 bits wide, float64 is not
	if err := decoder.Decode(&document); err != nil {
		return fmt.Errorf("%s: %w", t.file, err)
	}
	process := document
	if t.bundle {
		process, _ = document["process"].(object)
	}
	if process == nil {
		return nil
	}
	dropCapability(process)
	dropOomScore(process)
	lowerRlimits(process)
	out, err := json.Marshal(document)
	if err != nil {
		return err
	}
	return os.WriteFile(t.file, out, 0o644)
}

func dropCapability(process object) {
	sets, _ := process["capabilities"].(object)
	for name, set := range sets {
		list, _ := set.([]any)
		kept := make([]any, 0, len(list))
		for _, capability := range list {
			if capability != "CAP_SYS_RESOURCE" {
				kept = append(kept, capability)
			}
		}
		sets[name] = kept
	}
}

func dropOomScore(process object) {
	wanted, err := strconv.Atoi(fmt.Sprint(process["oomScoreAdj"]))
	if err != nil {
		return
	}
	own, err := os.ReadFile("/proc/self/oom_score_adj")
	if err != nil {
		return
	}
	if current, err := strconv.Atoi(strings.TrimSpace(string(own))); err == nil && wanted < current {
		delete(process, "oomScoreAdj")
	}
}

func lowerRlimits(process object) {
	limits, _ := process["rlimits"].([]any)
	for _, each := range limits {
		limit, _ := each.(object)
		number, known := resources[fmt.Sprint(limit["type"])]
		var current syscall.Rlimit
		if !known || syscall.Getrlimit(number, &current) != nil {
			continue
		}
		for _, bound := range []string{"soft", "hard"} {
			wanted, err := strconv.ParseUint(fmt.Sprint(limit[bound]), 10, 64)
			if err != nil || wanted > current.Max {
				limit[bound] = json.Number(strconv.FormatUint(current.Max, 10))
			}
		}
	}
}

// realRunc is "runc.real" beside this program, or the distribution's.
func realRunc() string {
	self, err := os.Executable()
	if err == nil {
		beside := filepath.Join(filepath.Dir(self), "runc.real")
		if _, err := os.Stat(beside); err == nil {
			return beside
		}
	}
	return "/usr/sbin/runc"
}
