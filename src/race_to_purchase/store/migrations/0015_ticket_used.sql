-- What the pass of a ticket was used for is looked up when its holder comes back; other checkouts are not in here.
CREATE INDEX checkout_ticket ON checkout ((claims ->> 'ticket')) WHERE claims ->> 'ticket' IS NOT NULL;
