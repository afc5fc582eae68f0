# SPDX-License-Identifier: ISC
# OCSP, for tests and demos.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Answers from the database, read anew for each request, until it is ended. The openssl command's own server listens on all
# addresses, so a small one of ours listens on loopback alone and hands each request to openssl.
cmd_ocsp() {
	local port=${given[--port]:-8888} key=$here/none certificate
	no_argument
	check_number "$port" --port 0 65535
	check_number "${given[--minutes]:-60}" --minutes 1 100000
	command -v perl >/dev/null || die 'perl is needed for this, and there is none in the PATH'
	if [ -n "${given[--ca-key]-}" ]; then
		rest_folder
		must_be_there ca.cer "$self init makes it"
		must_be_key ca.key "$self init makes it"
		get_ca_password
		key=$dir/ca.key certificate=$dir/ca.cer
	else
		make_ocsp_signer
		password=''
		key=$dir/ca-ocsp.key certificate=$dir/ca-ocsp.cer
	fi
	must_be_there index.txt "$self sign makes it"
	trap - EXIT
	exec 9<&- perl -T "$here/lib/ocsp-responder.pl" "$port" -index "$dir/index.txt" -CA "$dir/ca.cer" -rsigner "$certificate" \
		-rkey "$key" -passin fd:3 -nmin "${given[--minutes]:-60}" 3< <(printf '%s\n' "$password")
}

# The delegated signer (RFC 6960 4.2.2.2): a key without a pass phrase and a certificate for OCSP alone, for 30 days, made
# anew when a day or less is left or another CA key signs. It is recorded and can be revoked as any other, but nobody asks
# whether it was (OCSPNoCheck): so it is short-lived.
make_ocsp_signer() {
	local start end
	open_folder
	must_be_there ca.cer "$self init makes it"
	start=$EPOCHSECONDS end=$((start + 30 * 86400))
	if [ -f "$dir/ca-ocsp.cer" ] && [ -f "$dir/ca-ocsp.key" ] && [ ! -d "$work" ] && has_signed "$dir/ca.cer" "$dir/ca-ocsp.cer" &&
		[ "$(end_of "$dir/ca-ocsp.cer")" -gt $((start + 86400)) ]; then return; fi
	begin
	must_be_key ca.key "$self init makes it"
	cut_to_ca quietly
	get_ca_password
	ssl 'make the key' genpkey -quiet -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out "$work/new/ca-ocsp.key"
	ssl 'make the request' req -config "$config" -new -key "$work/new/ca-ocsp.key" -subj '/CN=OCSP signer' -out "$work/request"
	subject=''
	stage_database
	prepare_config ocsp_certificate
	sign_staged ocsp_certificate "$start" "$end" "$work/new/ca-ocsp.cer"
	keep_database
	commit
}
