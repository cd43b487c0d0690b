SELECT role_name
FROM svv_roles
WHERE role_name IN ('lakehouse_loader', 'lakehouse_reader');
