// Owns the peer in Go: net/http/fcgi with http.ServeContent. Does not look into a catalogue: serve_content SOCKET DATA
// SPDX-License-Identifier: MIT
package main

import (
	"log"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"path/filepath"
	"strings"
)

func main() {
	socket, data := os.Args[1], os.Args[2]
	listener, err := net.Listen("unix", socket)
	if err != nil {
		log.Fatal(err)
	}
	log.Fatal(fcgi.Serve(listener, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		id := strings.TrimPrefix(r.URL.Path, "/api/stream/")
		file, err := os.Open(filepath.Join(data, "videos", id+".mp4"))
		if err != nil {
			http.NotFound(w, r)
			return
		}
		defer file.Close()
		status, err := file.Stat()
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "video/mp4")
		http.ServeContent(w, r, "", status.ModTime(), file)
	})))
}
