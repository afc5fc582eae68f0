// What the programs in Go share.
package main

import (
	"crypto/x509"
	"fmt"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// The CA certificates of a file.
func readRoots(path string) *x509.CertPool {
	ca, err := os.ReadFile(path)
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	return roots
}

// Whether it is a TLS client's certificate of one of these CAs.
func verify(certificate *x509.Certificate, roots *x509.CertPool) error {
	_, err := certificate.Verify(x509.VerifyOptions{Roots: roots,
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
	return err
}

// Answers FastCGI requests on a Unix socket, until the end of the process.
func serve(socket string, answer http.HandlerFunc) {
	listener, err := net.Listen("unix", socket)
	must(err)
	must(fcgi.Serve(listener, answer))
}
