"""CloudWatch: what is put can be read back."""

from datetime import datetime, timedelta, timezone

import pytest
from refusals import refused

NAMESPACE = "DRS/AllowLaunchingIntoInstance"
DIMENSIONS = [{"Name": "Wave", "Value": "1"}, {"Name": "Region", "Value": "us-west-2"}]


@pytest.fixture(params=["json", "smithy-rpc-v2-cbor"])
def cloudwatch(request, clients, sim, pristine):
    """boto3 prefers JSON, the AWS SDK for Rust speaks CBOR: every test runs in both."""
    sim.ask("PUT", "world", pristine)
    return clients("cloudwatch", protocol=request.param)


@pytest.fixture
def now(sim):
    return datetime.fromisoformat(sim.ask("GET", "clock")["now"].replace("Z", "+00:00"))


def datum(name, value, at, **more):
    return {"MetricName": name, "Dimensions": DIMENSIONS, "Timestamp": at, "Value": value, **more}


def statistics(cloudwatch, name, now, **more):
    request = {
        "Namespace": NAMESPACE,
        "MetricName": name,
        "Dimensions": DIMENSIONS,
        "StartTime": now - timedelta(hours=1),
        "EndTime": now + timedelta(hours=1),
        "Period": 60,
        "Statistics": ["SampleCount", "Sum", "Average", "Minimum", "Maximum"],
        **more,
    }
    return cloudwatch.get_metric_statistics(**request)["Datapoints"]


def test_values_are_summed_up_by_period(cloudwatch, now):
    minute = now.replace(second=0, microsecond=0)
    data = [datum("Launches", v, minute + timedelta(seconds=s), Unit="Count") for s, v in ((0, 1), (30, 3), (60, 9))]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    points = statistics(cloudwatch, "Launches", now)
    assert [(p["Timestamp"], p["SampleCount"], p["Sum"], p["Average"], p["Maximum"]) for p in points] == [
        (minute.astimezone(timezone.utc), 2, 4, 2, 3),
        ((minute + timedelta(minutes=1)).astimezone(timezone.utc), 1, 9, 9, 9),
    ]
    assert {p["Unit"] for p in points} == {"Count"}
    assert statistics(cloudwatch, "Launches", now, Unit="Seconds") == []


def test_values_with_counts_and_statistic_sets(cloudwatch, now):
    base = {"MetricName": "Mixed", "Dimensions": DIMENSIONS, "Timestamp": now}
    cloudwatch.put_metric_data(
        Namespace=NAMESPACE,
        MetricData=[
            {**base, "Values": [1.0, 2.0], "Counts": [3.0, 1.0]},
            {**base, "StatisticValues": {"SampleCount": 2, "Sum": 20, "Minimum": 8, "Maximum": 12}},
        ],
    )
    point = statistics(cloudwatch, "Mixed", now)[0]
    assert (point["SampleCount"], point["Sum"], point["Minimum"], point["Maximum"]) == (6, 25, 1, 12)


def test_a_large_compressed_body_is_taken(cloudwatch, now):
    data = [datum(f"Many{n}", n, now) for n in range(300)]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    pages = cloudwatch.get_paginator("list_metrics").paginate(Namespace=NAMESPACE)
    names = {m["MetricName"] for page in pages for m in page["Metrics"]}
    assert {f"Many{n}" for n in range(300)} <= names


def test_metrics_are_listed_in_pages_and_by_dimension(cloudwatch, now):
    for start in range(0, 1200, 600):
        data = [datum(f"Paged{n:04}", n, now) for n in range(start, start + 600)]
        cloudwatch.put_metric_data(Namespace="Paged", MetricData=data)
    pages = list(cloudwatch.get_paginator("list_metrics").paginate(Namespace="Paged"))
    assert [len(p["Metrics"]) for p in pages] == [500, 500, 200]
    one = cloudwatch.list_metrics(Namespace="Paged", MetricName="Paged0007", Dimensions=[DIMENSIONS[0]])
    assert [m["MetricName"] for m in one["Metrics"]] == ["Paged0007"]
    assert cloudwatch.list_metrics(Dimensions=[{"Name": "Colour"}])["Metrics"] == []


def test_several_metrics_are_read_at_once(cloudwatch, now):
    minute = now.replace(second=0, microsecond=0)
    data = [datum("Series", n, minute + timedelta(minutes=n)) for n in range(3)]
    cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=data)
    metric = {"Namespace": NAMESPACE, "MetricName": "Series", "Dimensions": DIMENSIONS}
    query = lambda id, stat: {"Id": id, "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}
    span = {"StartTime": now - timedelta(hours=1), "EndTime": now + timedelta(hours=1)}
    found = cloudwatch.get_metric_data(MetricDataQueries=[query("a", "Sum"), query("b", "SampleCount")], **span)
    assert [(r["Id"], r["Values"]) for r in found["MetricDataResults"]] == [("a", [2, 1, 0]), ("b", [1, 1, 1])]
    up = cloudwatch.get_metric_data(
        MetricDataQueries=[query("a", "Sum")], ScanBy="TimestampAscending", **span
    )["MetricDataResults"][0]
    assert up["Values"] == [0, 1, 2] and up["Timestamps"] == sorted(up["Timestamps"])


def test_what_cloudwatch_refuses(cloudwatch, now):
    put = lambda **more: cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[datum("x", 1, now) | more])
    with refused("InvalidParameterValue", 400):
        cloudwatch.put_metric_data(Namespace="AWS/DRS", MetricData=[datum("x", 1, now)])
    with refused("InvalidParameterValue", 400):
        put(Unit="Furlongs")
    with refused("InvalidParameterValue", 400):
        put(Timestamp=now - timedelta(days=15))
    with refused("InvalidParameterCombination", 400):
        put(Values=[1.0])
    with refused("MissingParameter", 400):
        cloudwatch.put_metric_data(Namespace=NAMESPACE, MetricData=[])
    with refused("InvalidParameterCombination", 400):
        statistics(cloudwatch, "x", now, StartTime=now - timedelta(days=2))
    with refused("InvalidParameterValue", 400):
        statistics(cloudwatch, "x", now, Period=61)
    with refused("NotSimulated", 501):
        cloudwatch.describe_alarms()
