# The database: openssl's own index.txt, with every certificate that was ever signed.
# shellcheck shell=bash disable=SC2004,SC2015,SC2034,SC2154 # given[NAME] is no arithmetic; `a && b || die` is meant; the parts share their variables

# Lines of index.txt: status (V, R, E), end, revocation (time,reason), serial number, file, subject. Dates are the DER's.
awk_iso='function iso(t) {
	if (t ~ /-/) return t
	if (length(t) == 13) t = (substr(t, 1, 2) < "50" ? "20" : "19") t
	return substr(t, 1, 4) "-" substr(t, 5, 2) "-" substr(t, 7, 2) "T" substr(t, 9, 2) ":" substr(t, 11, 2) ":" substr(t, 13, 2) "Z"
}'

# A copy of the database to work on, in the staging folder.
stage_database() {
	if [ -f "$dir/index.txt" ]; then cp -- "$dir/index.txt" "$work/index.txt"
	elif [ -d "$dir/issued" ]; then die "$dir/index.txt is lost ($dir/issued is there): bring it back first"
	else : >"$work/index.txt"; fi || die "cannot read $dir/index.txt"
	printf 'unique_subject = no\n' >"$work/index.txt.attr" && mkdir -- "$work/issued" || die "cannot write to the folder '$dir'"
}

# What became of that copy belongs to the change.
keep_database() {
	mv -- "$work/index.txt" "$work/index.txt.attr" "$work/new/" && chmod 0644 "$work"/new/index.txt* ||
		die "cannot write to the folder '$dir'"
}

# sign_staged SECTION START END FILE [PURPOSE]: signs the staged request with that section of the staged configuration into
# FILE, as subject says unless that is empty, with the CA's key under the pass phrase in password; sets serial.
sign_staged() {
	local section=$1 start=$2 end=$3 file=$4 purpose=${5-}
	new_serial
	printf '%s\n' "$serial" >"$work/serial"
	CA_DIR=$work ssl 'sign' ca -config "$work/config" -batch -notext -preserveDN -extensions "$section" -cert "$dir/ca.cer" \
		-keyfile "$dir/ca.key" -passin fd:3 -in "$work/request" ${subject:+-utf8 -subj "$subject"} \
		-startdate "$(utc_time "$start")" -enddate "$(utc_time "$end")" -out "$file" 3< <(printf '%s\n' "$password")
	ssl 'trust what was signed (are ca.cer and ca.key one pair?)' verify -no_check_time ${purpose:+-purpose "$purpose"} \
		-partial_chain -CAfile "$dir/ca.cer" -no-CApath -no-CAstore "$file" >/dev/null
	mv -- "$work/issued/$serial.pem" "$work/new/issued/" &&
		cp -- "$work/request" "$work/new/requests/$serial.req" &&
		chmod 0644 "$file" "$work/new/issued/$serial.pem" "$work/new/requests/$serial.req" ||
		die "cannot write to the folder '$dir'"
}

# Cuts the end of what will be signed to the end of the CA.
cut_to_ca() {
	local limit
	limit=$(end_of "$dir/ca.cer") || die "cannot read $dir/ca.cer"
	[ "$start" -lt "$limit" ] || die "the CA itself ends before that, on $(iso_time "$limit")"
	[ "$end" -gt "$limit" ] || return 0
	[ -n "${1-}" ] || say "Note: cut to the end of the CA itself, $(iso_time "$limit"), instead of $(iso_time "$end")"
	end=$limit
}

get_ca_password() {
	password=''
	! is_encrypted "$dir/ca.key" || get_password --pass-file CA_PASSWORD 'pass phrase of ca.key'
}

# Finds the certificate that the operator means: a file, a NAME here, or a serial number in hexadecimal. Sets serial, and
# puts the certificate itself into the staging folder as certificate, if it is at hand.
find_certificate() {
	local file
	[[ $1 == -* ]] && set -- "./$1"
	for file in "$1" "$dir/$1" "$dir/$1.cer" ''; do
		[ -z "$file" ] || [ ! -f "$file" ] || break
	done
	if [ -z "$file" ]; then
		[[ ${1#0[xX]} =~ ^[0-9A-Fa-f:]{1,60}$ ]] || die "there is no certificate '$1': a file, or a serial number in hexadecimal, is needed"
		serial=${1#0[xX]} serial=${serial//:/} serial=${serial^^}
		while [[ $serial == 0?* ]]; do serial=${serial#0}; done
		[ $((${#serial} % 2)) -eq 0 ] || serial=0$serial
		file=$dir/issued/$serial.pem
		[ -f "$file" ] || return 0
	fi
	openssl x509 -in "$file" -out "$work/certificate" 2>/dev/null || die "'$file' holds no certificate that could be read"
	serial=$(serial_of "$work/certificate")
}

# Finds the line of that serial number in the staged database: sets row_status, row_end, row_revoked and row_subject.
# A certificate that this CA, or one that it followed, signed without the kit gets its line now.
find_row() {
	local authority ours='' end
	if [ -f "$work/certificate" ]; then
		for authority in "$dir"/ca.cer "$dir"/ca.[0-9]*.cer; do
			[ ! -f "$authority" ] || ! has_signed "$authority" "$work/certificate" || { ours=yes; break; }
		done
		[ -n "$ours" ] || die "'${args[0]}' was not signed by the CA here"
		! cmp -s "$work/certificate" <(openssl x509 -in "$authority") || die "'${args[0]}' is the CA itself"
	fi
	if ! cut -f 4 -- "$work/index.txt" | grep -qx "$serial"; then
		[ -n "$ours" ] || die "no certificate with the serial number $serial is in the database of '$dir': give its file"
		end=$(end_of "$work/certificate")
		printf 'V\t%s\t\t%s\tunknown\t%s\n' "$(date -u -d "@$end" +"$([ "$end" -lt 2524608000 ] && echo %y || echo %Y)%m%d%H%M%SZ")" \
			"$serial" "$(name_of x509 "$work/certificate" compat)" >>"$work/index.txt"
	fi
	IFS='|' read -r row_status row_end row_revoked row_subject < <(awk -F '\t' -v serial="$serial" "$awk_iso"'
		$4 == serial { split($3, revoked, ","); print $1 "|" iso($2) "|" (revoked[1] == "" ? "" : iso(revoked[1])) " " revoked[2] "|" $6 }' \
		"$work/index.txt")
	row_revoked=${row_revoked% }
}

# How many certificates with the subject of a serial number are good now, and which.
show_live() {
	awk -F '\t' -v serial="$1" -v now="$(iso_time "$(date +%s)")" "$awk_iso"'
		$4 == serial { subject = $6 }
		{ line[NR] = $0 }
		END {
			for (i = 1; i <= NR; i++) {
				split(line[i], part, "\t")
				if (part[6] == subject && part[1] == "V" && iso(part[2]) > now) live[++n] = part[4] ", until " iso(part[2])
			}
			printf "Live certificates of %s: %d\n", subject, n
			for (i = 1; i <= n; i++) print "  " live[i]
		}' "$dir/index.txt" | readable
}
