/* SPDX-License-Identifier: ISC */
/* The limit of a gate: says yes to everybody and looks at nothing. Usage: null_authorizer SOCKET
 * THREADS */
#include "fcgi.h"

#include <fastcgi.h>

static void answer(FCGX_Request *request)
{
    if (request->role == FCGI_AUTHORIZER)
        (void)FCGX_PutS("Status: 200\r\nVariable-REMOTE_USER: null\r\n\r\n", request->out);
    else
        (void)FCGX_PutS("Status: 200\r\nPeercert-User: null\r\n\r\n", request->out);
}

int main(int argc, char **argv)
{
    if (argc != 3)
        return 2;
    bench_serve(argv[1], argv[2], answer);
    return 0;
}
