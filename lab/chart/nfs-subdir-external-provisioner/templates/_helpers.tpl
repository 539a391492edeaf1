{{- define "nfs.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride | trunc 63 | trimSuffix "-" }}
{{- else if contains .Chart.Name .Release.Name -}}
{{ .Release.Name | trunc 63 | trimSuffix "-" }}
{{- else -}}
{{ printf "%s-%s" .Release.Name .Chart.Name | trunc 63 | trimSuffix "-" }}
{{- end -}}
{{- end -}}

{{- define "nfs.labels" -}}
app: {{ .Chart.Name }}
release: {{ .Release.Name }}
chart: {{ .Chart.Name }}-{{ .Chart.Version }}
heritage: {{ .Release.Service }}
{{- with .Values.labels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "nfs.provisioner" -}}
{{ .Values.storageClass.provisionerName | default (printf "cluster.local/%s" (include "nfs.fullname" .)) }}
{{- end -}}

{{- define "nfs.account" -}}
{{ .Values.serviceAccount.name | default (ternary (include "nfs.fullname" .) "default" .Values.serviceAccount.create) }}
{{- end -}}
