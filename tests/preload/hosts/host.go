// Says where eight threads of Go are, each for itself, and then where every thread of the process is. Uses cgo, so that
// it is a dynamic program; with the tag "linked" it has the object in it, and says what that did.
package main

import "C"

import (
	"fmt"
	"os"
	"runtime"
	"strings"
	"sync"
)

func where(directory string) string {
	text := ""
	for _, name := range []string{"user", "mnt", "net"} {
		link, err := os.Readlink(directory + "/ns/" + name)
		if err != nil {
			link = err.Error()
		}
		text += " " + link
	}
	return text
}

func main() {
	var ready, done sync.WaitGroup
	release := make(chan bool)
	said := make(chan string, 8)
	for at := 0; at < 8; at++ {
		ready.Add(1)
		done.Add(1)
		go func() {
			runtime.LockOSThread()
			said <- "own" + where("/proc/thread-self")
			ready.Done()
			<-release
			done.Done()
		}()
	}
	ready.Wait()
	for at := 0; at < 8; at++ {
		fmt.Println(<-said)
	}
	tasks, err := os.ReadDir("/proc/self/task")
	if err != nil {
		fmt.Println(err)
	}
	for _, task := range tasks {
		fmt.Println("task" + where("/proc/self/task/"+task.Name()))
	}
	close(release)
	done.Wait()
	for _, variable := range os.Environ() {
		if strings.HasPrefix(variable, "maproot_") {
			fmt.Println("left", variable)
		}
	}
	sayResult()
}
