//go:build !linked

package main

func sayResult() {}
