// Dex with its own pages, and the client and users of one test run in memory.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net/http"
	"os"

	"github.com/dexidp/dex/server"
	"github.com/dexidp/dex/storage"
	"github.com/dexidp/dex/storage/memory"
	"github.com/prometheus/client_golang/prometheus"
	"github.com/sirupsen/logrus"
	"golang.org/x/crypto/bcrypt"
)

func main() {
	logger := logrus.New()
	store := memory.New(logger)
	for username, password := range users() {
		hash, err := bcrypt.GenerateFromPassword([]byte(password), bcrypt.DefaultCost)
		check(err)
		check(store.CreatePassword(storage.Password{
			Email: username, Hash: hash, Username: username, UserID: username,
		}))
	}
	check(store.CreateClient(storage.Client{
		ID:           os.Getenv("CLIENT_ID"),
		Secret:       os.Getenv("CLIENT_SECRET"),
		RedirectURIs: []string{os.Getenv("CLIENT_REDIRECT_URI")},
		Name:         os.Getenv("CLIENT_ID"),
	}))
	check(store.CreateConnector(storage.Connector{ID: "local", Type: server.LocalConnector, Name: "Email"}))
	dex, err := server.NewServer(context.Background(), server.Config{
		Issuer:                 os.Getenv("ISSUER"),
		Storage:                store,
		SupportedResponseTypes: []string{"code"},
		Logger:                 logger,
		PrometheusRegistry:     prometheus.NewRegistry(),
		Web:                    server.WebConfig{Dir: os.Getenv("PAGES")},
	})
	check(err)
	check(http.ListenAndServe(os.Getenv("ADDRESS"), dex))
}

func users() map[string]string {
	file, err := os.Open(os.Getenv("USERS_FILE"))
	check(err)
	var passwords map[string]string
	check(json.NewDecoder(file).Decode(&passwords))
	return passwords
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
