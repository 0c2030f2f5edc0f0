//go:build linked

package main

// #cgo LDFLAGS: -l:libmaproot-preload.a
// #include <maproot/preload.h>
import "C"

import "fmt"

// To name one of its functions is to have the object linked.
func sayResult() {
	if result := C.maproot_preload_result(); result.code != 0 {
		fmt.Println("failed:", C.GoString(C.maproot_preload_message()))
	}
	fmt.Printf("joined %#x\n", uint(C.maproot_preload_joined()))
}
