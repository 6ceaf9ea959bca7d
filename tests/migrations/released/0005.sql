BEGIN TRANSACTION;
CREATE TABLE accounts (
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	balance TEXT NOT NULL, 
	body TEXT NOT NULL, margin_called BIGINT DEFAULT '0' NOT NULL, trading TEXT DEFAULT 'active' NOT NULL, 
	CONSTRAINT pk_accounts PRIMARY KEY (id)
);
INSERT INTO "accounts" VALUES('paper',14,'100197.20','{"id":"paper","mode":"paper","currency":"USD","leverage":100,"balance":"100000.00","initial_balance":"100000.00","opened_at":1790000000000000000}',0,'active');
CREATE TABLE alembic_version (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT alembic_version_pkc PRIMARY KEY (version_num)
);
INSERT INTO "alembic_version" VALUES('0005');
CREATE TABLE cash (
	account TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	amount TEXT NOT NULL, 
	comment TEXT NOT NULL, 
	CONSTRAINT pk_cash PRIMARY KEY (account, seq), 
	CONSTRAINT fk_cash_account FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE TABLE costs (
	account TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	position_id TEXT NOT NULL, 
	deal_id TEXT, 
	amount TEXT NOT NULL, 
	at BIGINT NOT NULL, 
	CONSTRAINT pk_costs PRIMARY KEY (account, seq, kind), 
	CONSTRAINT fk_costs_account FOREIGN KEY(account) REFERENCES accounts (id)
);
INSERT INTO "costs" VALUES('paper',6,'commission','p-7','d-6','1.40',1790000000000000005);
INSERT INTO "costs" VALUES('paper',13,'commission','p-7','d-13','1.40',1790000000000000012);
CREATE TABLE days (
	account TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	day TEXT NOT NULL, 
	balance TEXT NOT NULL, 
	equity TEXT NOT NULL, 
	peak TEXT NOT NULL, 
	initial TEXT NOT NULL, 
	late BIGINT NOT NULL, 
	CONSTRAINT pk_days PRIMARY KEY (account, seq), 
	CONSTRAINT fk_days_account FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE TABLE deals (
	account TEXT NOT NULL, 
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	position_id TEXT NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_deals PRIMARY KEY (account, id), 
	CONSTRAINT fk_deals_account FOREIGN KEY(account) REFERENCES accounts (id)
);
INSERT INTO "deals" VALUES('paper','d-6',6,'p-7','{"id":"d-6","account":"paper","position_id":"p-7","order_id":"o-4","signal_id":"s1","symbol":"EURUSD","digits":5,"side":"buy","entry":"in","lots":"0.40","price":108253,"at":1790000001000000000,"reason":"signal","commission":"-1.40","swap":"0.00","profit":"0","gross":"0","conversion":null,"balance":"99998.60","quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}}}');
INSERT INTO "deals" VALUES('paper','d-13',13,'p-7','{"id":"d-13","account":"paper","position_id":"p-7","order_id":null,"signal_id":null,"symbol":"EURUSD","digits":5,"side":"sell","entry":"out","lots":"0.40","price":108253,"at":1790000001000000000,"reason":"take_profit","commission":"-1.40","swap":"0.00","profit":"200.00","gross":"200.00","conversion":null,"balance":"100197.20","quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}}}');
CREATE TABLE events (
	account TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	at BIGINT NOT NULL, 
	kind TEXT NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_events PRIMARY KEY (account, seq)
);
INSERT INTO "events" VALUES('paper',1,1790000000000000000,'account_opened','{"type":"account_opened","account":{"id":"paper","mode":"paper","currency":"USD","leverage":100,"balance":"100000.00","initial_balance":"100000.00","opened_at":1790000000000000000}}');
INSERT INTO "events" VALUES('paper',2,1790000000000000001,'model_policy_set','{"type":"model_policy_set","policy":{"account":"paper","model":"trend","auto_execute":true}}');
INSERT INTO "events" VALUES('paper',3,1790000000000000002,'signal_received','{"type":"signal_received","signal":{"type":"signal","id":"s1","account":"paper","model":"trend","symbol":"EURUSD","side":"buy","confidence":"0.82","stop_loss":{"type":"pips","pips":"25"},"take_profit":{"type":"r","r":"2"},"at":1790000000000000000,"expires_at":1790000300000000000,"received_at":1790000001000000000,"door":"http","digest":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"}}');
INSERT INTO "events" VALUES('paper',4,1790000000000000003,'order_placed','{"type":"order_placed","order":{"id":"o-4","account":"paper","symbol":"EURUSD","digits":5,"side":"buy","lots":"0.40","stop_loss":108003,"take_profit":null,"signal_id":"s1","placed_at":1790000000000000000}}');
INSERT INTO "events" VALUES('paper',5,1790000000000000004,'order_filled','{"type":"order_filled","order":{"id":"o-4","account":"paper","symbol":"EURUSD","digits":5,"side":"buy","lots":"0.40","stop_loss":108003,"take_profit":null,"signal_id":"s1","placed_at":1790000000000000000,"state":"filled","fill_price":108253,"filled_at":1790000001000000000}}');
INSERT INTO "events" VALUES('paper',6,1790000000000000005,'deal_booked','{"type":"deal_booked","deal":{"id":"d-6","account":"paper","position_id":"p-7","order_id":"o-4","signal_id":"s1","symbol":"EURUSD","digits":5,"side":"buy","entry":"in","lots":"0.40","price":108253,"at":1790000001000000000,"reason":"signal","commission":"-1.40","swap":"0.00","profit":"0","gross":"0","conversion":null,"balance":"99998.60","quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}}}}');
INSERT INTO "events" VALUES('paper',7,1790000000000000006,'position_opened','{"type":"position_opened","position":{"id":"p-7","account":"paper","symbol":"EURUSD","digits":5,"side":"buy","lots":"0.40","open_price":108253,"opened_at":1790000001000000000,"stop_loss":108003,"take_profit":null,"commission":"-1.40","margin":"433.01","order_id":"o-4","signal_id":"s1","model":"trend","conversion":"1","risk":"100.00"}}');
INSERT INTO "events" VALUES('paper',8,1790000000000000007,'signal_decided','{"type":"signal_decided","signal_id":"s1","decision":{"status":"executed","at":1790000001000000000,"checks":[{"name":"confidence","actual":"0.82","limit":"≥ 0.50","passed":true}],"quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}},"refusal":null,"order_id":"o-4","position_ids":["p-7"],"sizing":{"equity":"100000.00","risk_percent":"1"},"digits":5,"entry_price":108253,"stop_loss":108003,"take_profit":108753,"lots":"0.40"}}');
INSERT INTO "events" VALUES('paper',9,1790000000000000008,'signal_unreadable','{"type":"signal_unreadable","signal":{"type":"unreadable","id":"u-9","account":"paper","given_id":"s2","model":"trend","symbol":null,"received_at":1790000001000000000,"door":"http","raw":"{\"confidence\": 70","refusal":{"code":"malformed","text":"The text ends too early.","actual":"17","limit":""}}}');
INSERT INTO "events" VALUES('paper',10,1790000000000000009,'signal_received','{"type":"signal_received","signal":{"type":"signal","id":"s3","account":"paper","model":"carry","symbol":"USDJPY","side":"buy","confidence":"0.82","stop_loss":{"type":"pips","pips":"25"},"take_profit":{"type":"r","r":"2"},"at":1790000000000000000,"expires_at":1790000300000000000,"received_at":1790000001000000000,"door":"http","digest":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"}}');
INSERT INTO "events" VALUES('paper',11,1790000000000000010,'signal_decided','{"type":"signal_decided","signal_id":"s3","decision":{"status":"refused","at":1790000000000000000,"checks":[{"name":"confidence","actual":"0.82","limit":"≥ 0.50","passed":true}],"quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}},"refusal":{"code":"auto_execution_off","text":"Model trend may not execute.","actual":"off","limit":"on"},"order_id":null,"position_ids":[],"sizing":{},"digits":0,"entry_price":null,"stop_loss":null,"take_profit":null,"lots":null}}');
INSERT INTO "events" VALUES('paper',12,1790000000000000011,'signal_received','{"type":"signal_received","signal":{"type":"signal","id":"s4","account":"paper","model":"trend","symbol":"EURUSD","side":"buy","confidence":"0.82","stop_loss":{"type":"pips","pips":"25"},"take_profit":{"type":"r","r":"2"},"at":1790000000000000000,"expires_at":1790000300000000000,"received_at":1790000001000000000,"door":"http","digest":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"}}');
INSERT INTO "events" VALUES('paper',13,1790000000000000012,'deal_booked','{"type":"deal_booked","deal":{"id":"d-13","account":"paper","position_id":"p-7","order_id":null,"signal_id":null,"symbol":"EURUSD","digits":5,"side":"sell","entry":"out","lots":"0.40","price":108253,"at":1790000001000000000,"reason":"take_profit","commission":"-1.40","swap":"0.00","profit":"200.00","gross":"200.00","conversion":null,"balance":"100197.20","quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}}}}');
INSERT INTO "events" VALUES('paper',14,1790000000000000013,'position_closed','{"type":"position_closed","position":{"id":"p-7","account":"paper","symbol":"EURUSD","digits":5,"side":"buy","lots":"0.40","open_price":108253,"opened_at":1790000001000000000,"stop_loss":108003,"take_profit":null,"commission":"-1.40","margin":"433.01","order_id":"o-4","signal_id":"s1","model":"trend","conversion":"1","risk":"100.00"},"deal_id":"d-13","profit":"200.00","commission":"-2.80","swap":"0.00","r":"2.0000"}');
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	CONSTRAINT pk_meta PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('epoch','b81f');
CREATE TABLE model_policies (
	account TEXT NOT NULL, 
	model TEXT NOT NULL, 
	body TEXT NOT NULL, 
	CONSTRAINT pk_model_policies PRIMARY KEY (account, model), 
	CONSTRAINT fk_model_policies_account FOREIGN KEY(account) REFERENCES accounts (id)
);
INSERT INTO "model_policies" VALUES('paper','trend','{"account":"paper","model":"trend","auto_execute":true}');
CREATE TABLE orders (
	account TEXT NOT NULL, 
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	body TEXT NOT NULL, open BIGINT DEFAULT '0' NOT NULL, 
	CONSTRAINT pk_orders PRIMARY KEY (account, id), 
	CONSTRAINT fk_orders_account FOREIGN KEY(account) REFERENCES accounts (id)
);
INSERT INTO "orders" VALUES('paper','o-4',4,'{"id":"o-4","account":"paper","symbol":"EURUSD","digits":5,"side":"buy","lots":"0.40","stop_loss":108003,"take_profit":null,"signal_id":"s1","placed_at":1790000000000000000,"state":"filled","fill_price":108253,"filled_at":1790000001000000000}',0);
CREATE TABLE positions (
	account TEXT NOT NULL, 
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	body TEXT NOT NULL, 
	closed_at BIGINT, 
	deal_id TEXT, 
	profit TEXT, 
	commission TEXT, 
	swap TEXT, 
	r TEXT, 
	CONSTRAINT pk_positions PRIMARY KEY (account, id), 
	CONSTRAINT fk_positions_account FOREIGN KEY(account) REFERENCES accounts (id)
);
INSERT INTO "positions" VALUES('paper','p-7',7,'{"id":"p-7","account":"paper","symbol":"EURUSD","digits":5,"side":"buy","lots":"0.40","open_price":108253,"opened_at":1790000001000000000,"stop_loss":108003,"take_profit":null,"commission":"-1.40","margin":"433.01","order_id":"o-4","signal_id":"s1","model":"trend","conversion":"1","risk":"100.00"}',1790000000000000013,'d-13','200.00','-2.80','0.00','2.0000');
CREATE TABLE price_alerts (
	account TEXT NOT NULL, 
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	body TEXT NOT NULL, 
	ended_at BIGINT, 
	CONSTRAINT pk_price_alerts PRIMARY KEY (account, id), 
	CONSTRAINT fk_price_alerts_account FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE TABLE signals (
	account TEXT NOT NULL, 
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	given_id TEXT, 
	model TEXT, 
	symbol TEXT, 
	status TEXT NOT NULL, 
	body TEXT NOT NULL, 
	decision TEXT, 
	CONSTRAINT pk_signals PRIMARY KEY (account, id), 
	CONSTRAINT fk_signals_account FOREIGN KEY(account) REFERENCES accounts (id)
);
INSERT INTO "signals" VALUES('paper','s1',3,NULL,'trend','EURUSD','executed','{"type":"signal","id":"s1","account":"paper","model":"trend","symbol":"EURUSD","side":"buy","confidence":"0.82","stop_loss":{"type":"pips","pips":"25"},"take_profit":{"type":"r","r":"2"},"at":1790000000000000000,"expires_at":1790000300000000000,"received_at":1790000001000000000,"door":"http","digest":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"}','{"status":"executed","at":1790000001000000000,"checks":[{"name":"confidence","actual":"0.82","limit":"≥ 0.50","passed":true}],"quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}},"refusal":null,"order_id":"o-4","position_ids":["p-7"],"sizing":{"equity":"100000.00","risk_percent":"1"},"digits":5,"entry_price":108253,"stop_loss":108003,"take_profit":108753,"lots":"0.40"}');
INSERT INTO "signals" VALUES('paper','u-9',9,'s2','trend',NULL,'refused','{"type":"unreadable","id":"u-9","account":"paper","given_id":"s2","model":"trend","symbol":null,"received_at":1790000001000000000,"door":"http","raw":"{\"confidence\": 70","refusal":{"code":"malformed","text":"The text ends too early.","actual":"17","limit":""}}',NULL);
INSERT INTO "signals" VALUES('paper','s3',10,NULL,'carry','USDJPY','refused','{"type":"signal","id":"s3","account":"paper","model":"carry","symbol":"USDJPY","side":"buy","confidence":"0.82","stop_loss":{"type":"pips","pips":"25"},"take_profit":{"type":"r","r":"2"},"at":1790000000000000000,"expires_at":1790000300000000000,"received_at":1790000001000000000,"door":"http","digest":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"}','{"status":"refused","at":1790000000000000000,"checks":[{"name":"confidence","actual":"0.82","limit":"≥ 0.50","passed":true}],"quote":{"symbol":"EURUSD","bid":108241,"ask":108253,"quoted_at":1789999999000000000,"received_at":1790000000000000000,"evidence":{"source":"twelve_data","transport":"rest","spread":"modelled","grade":"C"}},"refusal":{"code":"auto_execution_off","text":"Model trend may not execute.","actual":"off","limit":"on"},"order_id":null,"position_ids":[],"sizing":{},"digits":0,"entry_price":null,"stop_loss":null,"take_profit":null,"lots":null}');
INSERT INTO "signals" VALUES('paper','s4',12,NULL,'trend','EURUSD','waiting','{"type":"signal","id":"s4","account":"paper","model":"trend","symbol":"EURUSD","side":"buy","confidence":"0.82","stop_loss":{"type":"pips","pips":"25"},"take_profit":{"type":"r","r":"2"},"at":1790000000000000000,"expires_at":1790000300000000000,"received_at":1790000001000000000,"door":"http","digest":"5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f5f"}',NULL);
CREATE TABLE terminal_commands (
	account TEXT NOT NULL, 
	id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	state TEXT NOT NULL, 
	body TEXT NOT NULL, 
	answer TEXT, 
	CONSTRAINT pk_terminal_commands PRIMARY KEY (account, id), 
	CONSTRAINT fk_terminal_commands_account FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE TABLE terminals (
	account TEXT NOT NULL, 
	cursor TEXT NOT NULL, 
	CONSTRAINT pk_terminals PRIMARY KEY (account), 
	CONSTRAINT fk_terminals_account FOREIGN KEY(account) REFERENCES accounts (id)
);
CREATE UNIQUE INDEX ix_orders_account_seq ON orders (account, seq);
CREATE UNIQUE INDEX ix_positions_account_seq ON positions (account, seq);
CREATE UNIQUE INDEX ix_deals_account_seq ON deals (account, seq);
CREATE UNIQUE INDEX ix_signals_account_seq ON signals (account, seq);
CREATE INDEX ix_positions_account_closed_at ON positions (account, closed_at);
CREATE INDEX ix_deals_account_position_id ON deals (account, position_id);
CREATE INDEX ix_signals_account_given_id ON signals (account, given_id);
CREATE INDEX ix_signals_account_symbol_seq ON signals (account, symbol, seq);
CREATE INDEX ix_signals_account_status_seq ON signals (account, status, seq);
CREATE INDEX ix_signals_account_model_seq_status ON signals (account, model, seq, status);
CREATE INDEX ix_orders_account_open ON orders (account, open);
CREATE INDEX ix_costs_account_position_id ON costs (account, position_id);
CREATE UNIQUE INDEX ix_terminal_commands_account_seq ON terminal_commands (account, seq);
CREATE INDEX ix_terminal_commands_account_state ON terminal_commands (account, state);
CREATE UNIQUE INDEX ix_price_alerts_account_seq ON price_alerts (account, seq);
CREATE INDEX ix_price_alerts_account_state ON price_alerts (account, state);
COMMIT;
