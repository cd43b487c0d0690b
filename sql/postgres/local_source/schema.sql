CREATE TABLE IF NOT EXISTS customers (
    customer_id bigint PRIMARY KEY,
    name text,
    email text,
    phone text,
    date_of_birth date,
    national_id text,
    street_address text,
    city text,
    country_code char(2),
    segment text,
    kyc_status text,
    is_active boolean,
    created_at timestamptz,
    updated_at timestamptz
);

CREATE TABLE IF NOT EXISTS accounts (
    account_id bigint PRIMARY KEY,
    customer_id bigint,
    account_number text,
    account_type text,
    currency_code char(3),
    status text,
    credit_limit numeric(18, 2),
    opened_at timestamptz,
    closed_at timestamptz,
    updated_at timestamptz
);

CREATE TABLE IF NOT EXISTS transactions (
    transaction_id bigint PRIMARY KEY,
    account_id bigint,
    customer_id bigint,
    transaction_type text,
    amount numeric(38, 4),
    currency_code char(3),
    merchant_name text,
    category_code text,
    channel text,
    description text,
    status text,
    occurred_at timestamptz,
    created_at timestamptz,
    updated_at timestamptz
);
