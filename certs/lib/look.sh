# What needs no key: list and show.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# One line for each certificate of index.txt: its status now (the letter there knows nothing of time that passed), serial,
# end, subject in openssl's form; before them the CA, those it followed, and the CRL. With --expiring only what is valid and
# ends in time, and of the CA and the CRL what has ended too.
cmd_list() {
	local now horizon=''
	no_argument
	rest_folder
	must_be_there ca.cer 'ca init makes it'
	now=$(date +%s)
	if [ -n "${given[--expiring]-}" ]; then
		check_days "${given[--expiring]}" --expiring
		horizon=$(iso_time $((now + given[--expiring] * 86400)))
	fi
	{
		list_authorities
		list_crls "$now"
		[ ! -f "$dir/index.txt" ] || cat -- "$dir/index.txt"
	} | awk -F '\t' -v now="$(iso_time "$now")" -v horizon="$horizon" "$awk_iso"'
		NF >= 6 {
			end = iso($2)
			status = $1 == "R" ? "revoked" : end <= now || $1 == "E" ? "expired" : "valid"
			ours = $1 ~ /^C/
			if (horizon != "" && (end > horizon || (status != "valid" && !ours))) next
			if (!said++) printf "%-8s %-32s %-20s %s\n", "STATUS", "SERIAL", "ENDS", "SUBJECT"
			more = ""
			if (ours) more = "  (" $5 ")"
			else if ($1 == "R") { split($3, revoked, ","); more = "  (" iso(revoked[1]) (revoked[2] == "" ? "" : ", " revoked[2]) ")" }
			printf "%-8s %-32s %-20s %s%s\n", status, $4, end, $6, more
		}' | readable
}

list_authorities() {
	local name end what='the CA itself'
	while read -r name; do
		end=$(end_of "$dir/$name.cer") || die "cannot read $dir/$name.cer"
		printf 'CA\t%s\t\t%s\t%s\t%s\n' "$(iso_time "$end")" "$(serial_of "$dir/$name.cer")" "$what" \
			"$(name_of x509 "$dir/$name.cer" compat)"
		what='the CA before it'
	done < <(crl_signers)
}

# The CRL in force while nobody has to do anything about it lasts as long as those that were signed ahead.
list_crls() {
	local due end begin ahead what='the CRL'
	[ -f "$dir/ca.crl" ] || return 0
	if [ -f "$dir/ca.crls" ]; then
		read -r due end begin ahead < <(crl_times "$dir/ca.crls" "$1")
		[ "$ahead" -eq 0 ] || what="the CRL, with $ahead to come"
		due_crls "$dir/ca.crls" "$1" | cmp -s - "$dir/ca.crl" || { what='the CRL: ca crl --install is due'; end=$(crl_end "$dir/ca.crl"); }
	else
		end=$(crl_end "$dir/ca.crl")
	fi
	printf 'CRL\t%s\t\t%s\t%s\t%s\n' "$(iso_time "$end")" "$(openssl crl -in "$dir/ca.crl" -noout -crlnumber | sed 's/.*=\(0x\)*//')" \
		"$what" "$(openssl crl -in "$dir/ca.crl" -noout -issuer -nameopt compat | sed 's/^issuer=//')"
}
crl_end() { date -u -d "$(openssl crl -in "$1" -noout -nextupdate | sed 's/^nextUpdate=//')" +%s; }

cmd_show() {
	local file=${args[0]-}
	one_argument FILE
	[[ $file != -* ]] || file=./$file
	{ [ -f "$file" ] && [ -r "$file" ]; } || die "cannot read '$file'"
	[ "$(stat -L -c %s -- "$file")" -le 1048576 ] || die "'$file' is too large for a certificate"
	work=$(mktemp -d) || die 'cannot make a temporary folder'
	trap 'rm -rf -- "$work"' EXIT
	if grep -q -e '-----BEGIN .*PRIVATE KEY-----' -- "$file"; then die "'$file' holds a private key, and that is not shown"; fi
	if grep -q -e '-----BEGIN CERTIFICATE-----' -- "$file"; then
		[ "$(grep -c -e '-----BEGIN CERTIFICATE-----' -- "$file")" -eq 1 ] ||
			say "Note: '$file' holds several certificates; this is the first"
		show_as x509
	elif grep -q -e '-----BEGIN \(NEW \)*CERTIFICATE REQUEST-----' -- "$file"; then show_as req
	elif grep -q -e '-----BEGIN X509 CRL-----' -- "$file"; then show_as crl
	elif openssl x509 -inform DER -in "$file" -noout 2>/dev/null; then show_as x509 -inform DER
	elif openssl req -inform DER -in "$file" -noout 2>/dev/null; then show_as req -inform DER
	elif openssl asn1parse -inform DER -in "$file" 2>/dev/null | sed -n 3,4p | grep -q ':pkcs7-data$'; then
		get_password --pass-file CA_P12_PASSWORD "password of $file"
		ssl "open '$file'" pkcs12 -in "$file" -info -nokeys -passin fd:3 >"$work/certificates" 3< <(printf '%s\n' "$password")
		readable <"$work/reason"
		sed -n -e 's/^ *friendlyName: /Friendly name: /p' -- "$work/certificates" | readable
		openssl storeutl -noout -text -certs "$work/certificates" | readable
	else die "'$file' is no certificate, request, CRL or PKCS#12 file"; fi
}

show_as() {
	ssl "read '$file'" "$@" -in "$file" -noout -text -nameopt RFC2253 | readable
}
