// The same work with Go's standard library: net/http/fcgi and crypto/x509.
package main

import (
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"net/http"
	"net/http/fcgi"
	"os"
	"strconv"
	"strings"
	"time"
)

func must(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// report SOCKET BYTES CA
func main() {
	bytes, err := strconv.Atoi(os.Args[2])
	must(err)
	ca, err := os.ReadFile(os.Args[3])
	must(err)
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(ca)
	listener, err := net.Listen("unix", os.Args[1])
	must(err)
	must(fcgi.Serve(listener, http.HandlerFunc(func(answer http.ResponseWriter, request *http.Request) {
		text := "No valid client certificate was sent\n"
		block, _ := pem.Decode([]byte(fcgi.ProcessEnv(request)["SSL_CLIENT_CERT"]))
		if block != nil {
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err == nil {
				_, err = certificate.Verify(x509.VerifyOptions{Roots: roots,
					KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth}})
				verdict := "The certificate is valid"
				if err != nil {
					verdict = "The certificate is not valid: " + err.Error()
				}
				text = fmt.Sprintf("Client cert received\n\nName: %s\nValid dates: %s to %s\n\n%s\n",
					certificate.Subject, certificate.NotBefore.Format(time.RFC3339),
					certificate.NotAfter.Format(time.RFC3339), verdict)
			}
		}
		header := answer.Header()
		header.Set("Content-Type", "text/plain; charset=utf-8")
		header.Set("Vary", "Accept")
		header.Set("Cache-Control", "no-store")
		header.Set("X-Content-Type-Options", "nosniff")
		if len(text) < bytes {
			text += strings.Repeat("x", bytes-len(text))
		}
		fmt.Fprint(answer, text)
	})))
}
