-- TPC-H Q6. The specification's text, with decimals as integers of hundredths (0.06 is 6, 24 is 2400) and dates as text.
select
    sum(l_extendedprice * l_discount) as revenue
from
    lineitem
where
    l_shipdate >= date('1994-01-01')
    and l_shipdate < date('1994-01-01', '+1 year')
    and l_discount between 6 - 1 and 6 + 1
    and l_quantity < 2400;
