"""How tests say that a call must be refused."""

from contextlib import contextmanager

import pytest
from botocore.exceptions import ClientError


@contextmanager
def refused(code, status=None):
    """The call inside must be answered with this error code (and status)."""
    with pytest.raises(ClientError) as caught:
        yield caught
    response = caught.value.response
    assert response["Error"]["Code"] == code, response
    assert response["Error"].get("Message"), response
    if status is not None:
        assert response["ResponseMetadata"]["HTTPStatusCode"] == status, response
