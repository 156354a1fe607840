-- Contract.
CREATE TABLE onboarding.contract (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid NOT NULL
        CONSTRAINT contract_account_fkey REFERENCES onboarding.customer_account,
    end_date date NOT NULL,
    contract_value numeric,
    number text NOT NULL,
    short_description text,
    start_date date,
    status text
        CONSTRAINT contract_status_choice CHECK (status IN ('draft', 'active', 'expired', 'canceled'))
);
CREATE INDEX contract_domain ON onboarding.contract (domain, id);
CREATE INDEX contract_account ON onboarding.contract (account);
ALTER TABLE onboarding.contract ADD CONSTRAINT contract_natural_key UNIQUE NULLS NOT DISTINCT (account, number);  -- G-56
SELECT onboarding.separate('contract');

-- Location.
CREATE TABLE onboarding.location (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    account uuid
        CONSTRAINT location_account_fkey REFERENCES onboarding.customer_account,
    street text,
    city text,
    state_province text,
    postal_code text,
    country text,
    time_zone text
);
CREATE INDEX location_domain ON onboarding.location (domain, id);
CREATE INDEX location_account ON onboarding.location (account);
ALTER TABLE onboarding.location ADD CONSTRAINT location_natural_key UNIQUE NULLS NOT DISTINCT (account, name);  -- G-56
SELECT onboarding.separate('location');

-- Sold product.
CREATE TABLE onboarding.sold_product (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    account uuid NOT NULL
        CONSTRAINT sold_product_account_fkey REFERENCES onboarding.customer_account,
    product_code text,
    contract uuid
        CONSTRAINT sold_product_contract_fkey REFERENCES onboarding.contract,
    quantity integer,
    start_date date,
    end_date date,
    status text
);
CREATE INDEX sold_product_domain ON onboarding.sold_product (domain, id);
CREATE INDEX sold_product_account ON onboarding.sold_product (account);
CREATE INDEX sold_product_contract ON onboarding.sold_product (contract);
ALTER TABLE onboarding.sold_product ADD CONSTRAINT sold_product_natural_key UNIQUE NULLS NOT DISTINCT (account, contract, name);  -- G-56
SELECT onboarding.separate('sold_product');

-- Service entitlement.
CREATE TABLE onboarding.service_entitlement (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    account uuid NOT NULL
        CONSTRAINT service_entitlement_account_fkey REFERENCES onboarding.customer_account,
    contract uuid
        CONSTRAINT service_entitlement_contract_fkey REFERENCES onboarding.contract,
    sold_product uuid
        CONSTRAINT service_entitlement_sold_product_fkey REFERENCES onboarding.sold_product,
    start_date date,
    end_date date,
    total_units integer,
    unit text
);
CREATE INDEX service_entitlement_domain ON onboarding.service_entitlement (domain, id);
CREATE INDEX service_entitlement_account ON onboarding.service_entitlement (account);
CREATE INDEX service_entitlement_contract ON onboarding.service_entitlement (contract);
CREATE INDEX service_entitlement_sold_product ON onboarding.service_entitlement (sold_product);
ALTER TABLE onboarding.service_entitlement ADD CONSTRAINT service_entitlement_natural_key UNIQUE NULLS NOT DISTINCT (account, contract, sold_product, name);  -- G-56
SELECT onboarding.separate('service_entitlement');

-- Install base item.
CREATE TABLE onboarding.install_base_item (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    name text NOT NULL,
    account uuid NOT NULL
        CONSTRAINT install_base_item_account_fkey REFERENCES onboarding.customer_account,
    serial_number text,
    location uuid
        CONSTRAINT install_base_item_location_fkey REFERENCES onboarding.location,
    status text,
    installed_on date
);
CREATE INDEX install_base_item_domain ON onboarding.install_base_item (domain, id);
CREATE INDEX install_base_item_account ON onboarding.install_base_item (account);
CREATE INDEX install_base_item_location ON onboarding.install_base_item (location);
ALTER TABLE onboarding.install_base_item ADD CONSTRAINT install_base_item_natural_key UNIQUE NULLS NOT DISTINCT (account, location, name);  -- G-56
SELECT onboarding.separate('install_base_item');

-- Account address relationship.
CREATE TABLE onboarding.account_address_relationship (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    account uuid NOT NULL
        CONSTRAINT account_address_relationship_account_fkey REFERENCES onboarding.customer_account,
    location uuid NOT NULL
        CONSTRAINT account_address_relationship_location_fkey REFERENCES onboarding.location,
    address_type text
        CONSTRAINT account_address_relationship_address_type_choice CHECK (address_type IN ('primary', 'billing', 'shipping', 'other')),
    active boolean
);
CREATE INDEX account_address_relationship_domain ON onboarding.account_address_relationship (domain, id);
CREATE INDEX account_address_relationship_account ON onboarding.account_address_relationship (account);
CREATE INDEX account_address_relationship_location ON onboarding.account_address_relationship (location);
ALTER TABLE onboarding.account_address_relationship ADD CONSTRAINT account_address_relationship_natural_key UNIQUE NULLS NOT DISTINCT (account, location);  -- G-56
SELECT onboarding.separate('account_address_relationship');

-- Install base M2M sold product.
CREATE TABLE onboarding.sold_product_install_base_m2m (
    id uuid PRIMARY KEY,
    revision bigint NOT NULL,
    created_at timestamptz NOT NULL,
    created_by text NOT NULL,
    updated_at timestamptz NOT NULL,
    updated_by text NOT NULL,
    domain text COLLATE "C" NOT NULL,
    sold_product uuid NOT NULL
        CONSTRAINT sold_product_install_base_m2m_sold_product_fkey REFERENCES onboarding.sold_product,
    install_base_item uuid NOT NULL
        CONSTRAINT sold_product_install_base_m2m_install_base_item_fkey REFERENCES onboarding.install_base_item
);
CREATE INDEX sold_product_install_base_m2m_domain ON onboarding.sold_product_install_base_m2m (domain, id);
CREATE INDEX sold_product_install_base_m2m_sold_product ON onboarding.sold_product_install_base_m2m (sold_product);
CREATE INDEX sold_product_install_base_m2m_install_base_item ON onboarding.sold_product_install_base_m2m (install_base_item);
ALTER TABLE onboarding.sold_product_install_base_m2m ADD CONSTRAINT sold_product_install_base_m2m_natural_key UNIQUE NULLS NOT DISTINCT (sold_product, install_base_item);  -- G-56
SELECT onboarding.separate('sold_product_install_base_m2m');
