-- TPC-H Q1. The specification's text, with decimals as integers of hundredths (1 is 100), dates as text, and an average as an integer of
-- millionths rounded half up.
select
    l_returnflag,
    l_linestatus,
    sum(l_quantity) as sum_qty,
    sum(l_extendedprice) as sum_base_price,
    sum(l_extendedprice * (100 - l_discount)) as sum_disc_price,
    sum(l_extendedprice * (100 - l_discount) * (100 + l_tax)) as sum_charge,
    (sum(l_quantity) * 20000 + count(*)) / (2 * count(*)) as avg_qty,
    (sum(l_extendedprice) * 20000 + count(*)) / (2 * count(*)) as avg_price,
    (sum(l_discount) * 20000 + count(*)) / (2 * count(*)) as avg_disc,
    count(*) as count_order
from
    lineitem
where
    l_shipdate <= date('1998-12-01', '-90 day')
group by
    l_returnflag,
    l_linestatus
order by
    l_returnflag,
    l_linestatus;
