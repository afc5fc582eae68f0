/* SPDX-License-Identifier: ISC */
#ifndef PEERCERT_CGI_H
#define PEERCERT_CGI_H

/* Answers the one request of a CGI process (RFC 3875) whose variables are `environment`, on
 * standard output. The command line is the client's (section 4.4) and is not looked at. What is
 * wrong with configuration or trust goes to the log, and the client reads 503. Returns the exit
 * code, 0: the answer tells what is wrong. */
int cgi_run(char *const *environment);

#endif
