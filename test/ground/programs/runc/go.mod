module gantry.dev/ground/runc

go 1.24
