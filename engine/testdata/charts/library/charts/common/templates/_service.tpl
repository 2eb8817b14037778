{{- define "common.service" -}}
{{- $root := index . 0 -}}
apiVersion: v1
kind: Service
metadata:
  name: {{ $root.Release.Name }}-{{ index . 1 }}
spec:
  ports:
  - port: {{ $root.Values.port }}
    protocol: {{ $root.Values.common.protocol }}
{{- end -}}
