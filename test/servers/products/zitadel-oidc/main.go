// The example server of zitadel/oidc, with the clients and users of one test run.
package main

import (
	"log"
	"log/slog"
	"net/http"
	"os"

	"github.com/zitadel/oidc/v3/example/server/exampleop"
	"github.com/zitadel/oidc/v3/example/server/storage"
)

func main() {
	storage.RegisterClients(
		storage.WebClient(os.Getenv("CLIENT_ID"), os.Getenv("CLIENT_SECRET"), os.Getenv("CLIENT_REDIRECT_URI")),
	)
	users, err := storage.StoreFromFile(os.Getenv("USERS_FILE"))
	if err != nil {
		log.Fatal(err)
	}
	logger := slog.New(slog.NewTextHandler(os.Stderr, nil))
	server := exampleop.SetupServer(os.Getenv("ISSUER"), storage.NewStorage(users), logger, false)
	log.Fatal(http.ListenAndServe(os.Getenv("ADDRESS"), server))
}
